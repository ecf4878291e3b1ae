#include "lab/load/request_maker.hpp"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "lab/request/answer.hpp"

namespace sportapp::lab {
namespace {

constexpr std::string_view kUsers = "/api-commands/users";
constexpr std::string_view kProducts = "/api-commands/products";
constexpr std::string_view kOrders = "/api-commands/orders";
constexpr std::string_view kListOfUsers = "/api-queries/users?limit=20";
constexpr std::int64_t kValueMax = 10'000;
constexpr std::int64_t kStockMax = 1000;
constexpr std::int64_t kQuantityMax = 3;

// So that a client's chance has nothing to do with its neighbour's.
std::uint64_t seed_of(std::uint64_t seed, int client) {
  return Random(seed + Random(static_cast<std::uint64_t>(client)).next()).next();
}

}  // namespace

SimulatedUser::SimulatedUser(std::uint64_t seed, int its_number)
    : number(its_number), chance(seed_of(seed, its_number)) {}

RequestMaker::RequestMaker(LoadOptions options)
    : options_(std::move(options)),
      head_end_(fmt::format(" HTTP/1.1\r\nHost: {}:{}\r\n", options_.host, options_.port)) {}

Planned RequestMaker::next(SimulatedUser& client) const {
  const auto& mix = options_.mix;
  auto drawn = client.chance.below(std::int64_t{mix.registers} + mix.reads + mix.list_reads + mix.products +
                                   mix.orders);
  if ((drawn -= mix.registers) < 0) return registration(client);
  if ((drawn -= mix.reads) < 0) return client.last_path.empty() ? registration(client) : own_read(client);
  if ((drawn -= mix.list_reads) < 0) return list_read(client);
  if ((drawn -= mix.products) < 0) return product(client, client.chance.between(0, kStockMax));
  return order(client);
}

Planned RequestMaker::command(SimulatedUser& client, Op op, std::string_view path) const {
  Planned planned;
  planned.request.client = client.number;
  planned.request.op = op;
  planned.request.key =
      fmt::format("{}-{}{}-{}", options_.prefix, to_text(op).front(), client.number, ++client.made);
  planned.target = fmt::format("{}{}", options_.base_path, path);
  planned.header_lines = {"Content-Type: application/json", "Idempotency-Key: " + planned.request.key};
  return planned;
}

Planned RequestMaker::registration(SimulatedUser& client) const {
  auto planned = command(client, Op::kRegister, kUsers);
  planned.request.subject = planned.request.key;
  planned.body = fmt::format(R"({{"username":"{}"}})", planned.request.subject);
  return planned;
}

Planned RequestMaker::product(SimulatedUser& client, std::int64_t stock) const {
  auto planned = command(client, Op::kProduct, kProducts);
  planned.request.subject = planned.request.key;
  planned.body = fmt::format(R"({{"name":"{}","description":"made under load","value":{},"stock":{}}})",
                             planned.request.subject, client.chance.between(0, kValueMax), stock);
  return planned;
}

Planned RequestMaker::order(SimulatedUser& client) const {
  auto planned = command(client, Op::kOrder, kOrders);
  const auto product = shop_.products.at(
      static_cast<std::size_t>(client.chance.below(static_cast<std::int64_t>(shop_.products.size()))));
  const auto quantity = client.chance.between(1, kQuantityMax);
  planned.request.subject = fmt::format("{}/{}/{}", shop_.user, product, quantity);
  planned.body = fmt::format(R"({{"user":{},"product":{},"quantity":{}}})", shop_.user, product, quantity);
  return planned;
}

Planned RequestMaker::poison(SimulatedUser& client, std::string_view what) const {
  auto planned = command(client, Op::kPoison, kUsers);
  planned.request.subject = fmt::format("poison:{}-{}", what, planned.request.key);
  planned.body = fmt::format(R"({{"username":"{}"}})", planned.request.subject);
  return planned;
}

Planned RequestMaker::own_read(const SimulatedUser& client) const {
  Planned planned;
  planned.request.client = client.number;
  planned.request.op = Op::kRead;
  planned.request.subject = client.last_path;
  planned.request.expected = client.last_body;
  planned.request.position_asked = client.last_position;
  planned.target = options_.base_path + client.last_path;
  if (!client.last_position.empty()) {
    planned.header_lines.push_back("Sportapp-Position: " + client.last_position);
    if (options_.read_wait_s > 0)
      planned.header_lines.push_back(fmt::format("Prefer: wait={}", options_.read_wait_s));
  }
  return planned;
}

Planned RequestMaker::list_read(const SimulatedUser& client) const {
  Planned planned;
  planned.request.client = client.number;
  planned.request.op = Op::kRead;
  planned.request.subject = kListOfUsers;
  planned.target = fmt::format("{}{}", options_.base_path, kListOfUsers);
  return planned;
}

std::string RequestMaker::bytes_of(const Planned& planned) const {
  std::string bytes;
  bytes.reserve(384 + planned.body.size());
  bytes.append(planned.body.empty() ? "GET " : "POST ").append(planned.target).append(head_end_);
  for (const auto& line : planned.header_lines) bytes.append(line).append("\r\n");
  if (!planned.body.empty())
    fmt::format_to(std::back_inserter(bytes), "Content-Length: {}\r\n", planned.body.size());
  return bytes.append("\r\n").append(planned.body);
}

void learn(SimulatedUser& client, const Request& ended) {
  if (ended.op != Op::kRegister || ended.outcome != "200") return;
  const auto id = id_in(ended.answer);
  if (id == 0) return;
  client.last_path = fmt::format("/api-queries/users/{}", id);
  client.last_position = ended.position;
  client.last_body = ended.answer;
}

}  // namespace sportapp::lab
