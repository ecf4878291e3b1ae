#include "server/queries/base_fetching.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <fstream>
#include <optional>

#include "base/hash.hpp"
#include "net/http/client.hpp"
#include "net/messaging/back_off.hpp"

namespace sportapp::queries {
namespace {

namespace json = boost::json;

constexpr int kTimeoutMs = 5000;
constexpr int kPauseMs = 200;
constexpr int kTriesMax = 600;  // a copy of a large one takes its time to be made

struct Offer {
  std::int64_t copy = 0;
  std::uint64_t bytes = 0;
  std::string hash;
};

Error unexpected(const messaging::FeedAddress& node, const std::string& what) {
  return {Retry::kLater, fmt::format("base model of {}:{}: {}", node.host, node.port, what)};
}

class Fetching {
 public:
  Fetching(const messaging::FeedAddress& node, const std::string& credential, const std::stop_token& stop)
      : node_(node), stop_(stop), client_(node.host, node.port, kTimeoutMs, credential) {}

  Result<bool> fetch(const std::filesystem::path& to) {
    const auto offer = wait_for_offer();
    if (!offer) return offer.error();
    if (!*offer) return false;
    std::ofstream out(to, std::ios::binary | std::ios::trunc);
    Hasher hasher;
    for (std::uint64_t done = 0; done < (*offer)->bytes;) {
      if (stop_.stop_requested()) return unexpected(node_, "the process is ending");
      const auto piece = client_.get(fmt::format("/internal/base/{}?offset={}", (*offer)->copy, done));
      if (!piece) return piece.error();
      if (piece->status != 200 || piece->body.empty())
        return unexpected(node_, fmt::format("answered {} within the copy", piece->status));
      hasher.bytes(piece->body);
      out.write(piece->body.data(), static_cast<std::streamsize>(piece->body.size()));
      done += piece->body.size();
    }
    out.flush();
    if (!out) return unexpected(node_, to.string() + " cannot be written; look at its disk");
    if (hex(hasher.finish()) != (*offer)->hash) return unexpected(node_, "it came damaged");
    return true;
  }

 private:
  // Nothing: there is no base model.
  Result<std::optional<Offer>> wait_for_offer() {
    for (int tries = 0; tries < kTriesMax && !stop_.stop_requested(); ++tries) {
      const auto answer = client_.get("/internal/base");
      if (!answer) return answer.error();
      if (answer->status == 404) return std::optional<Offer>();
      if (answer->status == 200) return offer_in(answer->body);
      if (answer->status != 202) return unexpected(node_, fmt::format("answered {}", answer->status));
      messaging::pause(stop_, kPauseMs);
    }
    return unexpected(node_, "no copy of it is made");
  }

  Result<std::optional<Offer>> offer_in(const std::string& body) const {
    try {
      const auto said = json::parse(body);
      return std::optional(Offer{said.at("copy").to_number<std::int64_t>(),
                                 said.at("bytes").to_number<std::uint64_t>(),
                                 std::string(said.at("hash").as_string())});
    } catch (const std::exception& malformed) {
      return unexpected(node_, malformed.what());
    }
  }

  const messaging::FeedAddress node_;
  const std::stop_token stop_;
  http::Client client_;
};

}  // namespace

FetchBase make_http_fetch(std::vector<messaging::FeedAddress> nodes, std::string credential) {
  return [nodes = std::move(nodes), credential = std::move(credential)](const std::filesystem::path& to,
                                                                        const std::stop_token& stop) {
    std::string failures = nodes.empty() ? "no address of a commands process is given" : "";
    for (const auto& node : nodes) {
      auto fetched = Fetching(node, credential, stop).fetch(to);
      if (fetched) return fetched;
      failures += (failures.empty() ? "" : "; ") + fetched.error().what;
    }
    return Result<bool>(Error{Retry::kLater, failures});
  };
}

}  // namespace sportapp::queries
