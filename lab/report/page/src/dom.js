// Elements, made from texts only: nothing of the data is ever read as HTML.
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";
export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// A table whose rows become blocks where there is no room beside each other; `cells` of a row are contents, `heads` are
// [text, class]. The first cell of a row is its heading.
export function table({ caption, heads, rows, className = "" }) {
  const head = heads.map(([text, kind]) => h("th", { scope: "col", role: "columnheader", class: kind }, text));
  const body = rows.map((row) => {
    const cells = row.cells.map((content, i) => {
      const [label, kind] = heads[i];
      return i === 0
        ? h("th", { scope: "row", role: "rowheader" }, content)
        : h("td", { role: "cell", class: kind, "data-label": label }, h("span", { class: "value" }, content));
    });
    return h("tr", { role: "row", class: row.className }, cells);
  });
  return h(
    "table",
    { role: "table", class: `data ${className}` },
    caption ? h("caption", {}, caption) : null,
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, head)),
    h("tbody", { role: "rowgroup" }, body),
  );
}
