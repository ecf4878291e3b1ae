// What a client asks next, as chance from the seed has it: pure, so that it can be told beforehand.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "lab/load/options.hpp"
#include "lab/request/request.hpp"

namespace sportapp::lab {

// One simulated user. Its choices depend on the seed, its number and what it was answered alone.
struct SimulatedUser {
  SimulatedUser(std::uint64_t seed, int its_number);
  int number;
  Random chance;
  std::int64_t made = 0;
  // Its last registration that was acknowledged; an empty path: there is none.
  std::string last_path;
  std::string last_position;
  std::string last_body;
};

// What orders are made of.
struct Shop {
  std::int64_t user = 0;
  std::vector<std::int64_t> products;
};

struct Planned {
  Request request;  // op, client, key, subject, and of a read what is expected
  std::string target;
  std::string body;                       // empty: it is a GET
  std::vector<std::string> header_lines;  // without their ends
};

class RequestMaker {
 public:
  explicit RequestMaker(LoadOptions options);
  void open(Shop shop) { shop_ = std::move(shop); }  // before the first order

  [[nodiscard]] Planned next(SimulatedUser& client) const;
  [[nodiscard]] Planned registration(SimulatedUser& client) const;
  [[nodiscard]] Planned product(SimulatedUser& client, std::int64_t stock) const;
  [[nodiscard]] Planned order(SimulatedUser& client) const;
  // A registration that ends the process which executes it, in the programs of bin/lab; `what`: crash, hang
  // or memory.
  [[nodiscard]] Planned poison(SimulatedUser& client, std::string_view what) const;
  // As it goes out.
  [[nodiscard]] std::string bytes_of(const Planned& planned) const;

 private:
  [[nodiscard]] Planned own_read(const SimulatedUser& client) const;
  [[nodiscard]] Planned list_read(const SimulatedUser& client) const;
  [[nodiscard]] Planned command(SimulatedUser& client, Op op, std::string_view path) const;

  const LoadOptions options_;
  const std::string head_end_;  // the header lines that all requests have
  Shop shop_;
};

// Lets the client remember a registration that was acknowledged.
void learn(SimulatedUser& client, const Request& ended);

}  // namespace sportapp::lab
