"""What was measured beside others, as a picture (SVG), by gnuplot."""
import statistics
import subprocess
from pathlib import Path

PROGRAM = "/usr/bin/gnuplot"
TERMINAL = "set terminal svg noenhanced size {size} font 'sans-serif,13' background 'white'\n"
LINES = """
set multiplot layout 1,2
set logscale xy
set grid
set xlabel 'connections'
set xtics ({ticks})
set xrange [{least}*0.8:{most}*1.25]
set key top left
set ylabel 'requests a second'
plot {rates}
unset key
set ylabel '99th percentile, ms'
plot {p99s}
unset multiplot
"""
BARS = """
set logscale x
set grid x
set xlabel 'seconds until a write is taken again after kill -9 of the primary; each mark is a kill, the number their median'
set ytics ({names})
set yrange [-0.5:{last}.5]
set xrange [{least}/3:{most}*4]
unset key
plot $medians using (sqrt({least}/3*$1)):2:({least}/3):1:($2-0.3):($2+0.3) with boxxyerror fill solid 0.5 noborder, \\
  $kills using 1:2 with points pointtype 2 linecolor 'black', \\
  $medians using ($3*1.3):2:(sprintf('%.2f s', $1)) with labels left
"""


def peers(medians: dict, file: Path):
    """Of beside_peers.medians: the rate and the 99th percentile by connections, a line for each system."""
    counts = sorted({count for _, count in medians})
    names = list(dict.fromkeys(name for name, _ in medians))
    blocks = [_block(f"of{place}", ((count, medians[name, count]["per_s"], medians[name, count]["p99_ms"]) for count in counts))
              for place, name in enumerate(names)]

    def lines(column: int) -> str:
        return ", ".join(f"$of{place} using 1:{column} with linespoints linewidth 2 title '{name}'"
                         for place, name in enumerate(names))

    _draw(file, "1000,440", *blocks, LINES.format(ticks=", ".join(f"'{count}' {count}" for count in counts), least=counts[0],
                                                  most=counts[-1], rates=lines(2), p99s=lines(3)))


def outages(found: dict, file: Path):
    """Of outages.measure: a bar for the median of each system, a mark for each kill."""
    names = list(reversed(found))
    took_s = [[one["outage_ms"] / 1000 for one in found[name]] for name in names]
    kills = [(seconds, place) for place, of in enumerate(took_s) for seconds in of]
    _draw(file, "1000,400", _block("medians", ((statistics.median(of), place, max(of)) for place, of in enumerate(took_s))),
          _block("kills", kills),
          BARS.format(names=", ".join(f"'{name}' {place}" for place, name in enumerate(names)), last=len(names) - 1,
                      least=min(kills)[0], most=max(kills)[0]))


def _block(name: str, rows) -> str:
    return "\n".join([f"${name} << EOD", *(" ".join(str(value) for value in row) for row in rows), "EOD\n"])


def _draw(file: Path, size: str, *script: str):
    done = subprocess.run([PROGRAM], input=TERMINAL.format(size=size) + f"set output '{file}'\n" + "".join(script),
                          capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise RuntimeError(f"gnuplot failed: {done.stderr.strip()[-800:]}")
