#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sportapp::lab {

// Something that must not be, how often it is, and the first of them.
struct Finding {
  static constexpr std::size_t kExamplesMax = 20;
  std::int64_t count = 0;
  std::vector<std::string> examples;

  void add(std::string example) {
    ++count;
    if (examples.size() < kExamplesMax) examples.push_back(std::move(example));
  }
  // `make` is called only for an example that is kept.
  template <std::invocable Make>
  void add(Make make) {
    ++count;
    if (examples.size() < kExamplesMax) examples.push_back(make());
  }
};

// Each is a way to break a promise.
struct Findings {
  Finding lost;       // acknowledged, and not there
  Finding doubled;    // there twice: one key, one id or one name
  Finding different;  // another answer than the journal has, a refusal too, or journals that differ from each
                      // other
  Finding stale;      // a read that showed less than the position it asked for
  Finding unasked;    // there, and nobody asked for it
  Finding reordered;  // its place is before that of a command which was acknowledged before it was sent
};

}  // namespace sportapp::lab
