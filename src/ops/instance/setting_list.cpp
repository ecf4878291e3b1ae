// The one place where a setting is declared. Whoever adds one adds a member to Settings and a line here.
#include <fmt/format.h>

#include <array>

#include "ops/instance/address.hpp"
#include "ops/instance/ports.hpp"
#include "ops/instance/setting.hpp"
#include "server/service/log.hpp"
#include "server/service/toml_reader.hpp"

namespace sportapp::instance {
namespace {

using service::kPortMax;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kDayS = 86'400;
constexpr std::int64_t kDaysMax = 36'500;
constexpr std::int64_t kAnyNumber = std::numeric_limits<std::int32_t>::max();

std::string not_known(const std::string& host) {
  const auto known = is_known(host);
  return known ? "" : known.error().what;
}

std::string no_log_level(const std::string& level) {
  return service::is_log_level(level) ? "" : service::TomlReader::no_such(level, service::kLogLevels);
}

std::string no_address(const std::string& listen) {
  return is_ip_address(listen) ? "" : no_ip_address("listen", listen);
}

constexpr std::array kSettings{
    SettingOf<&Settings::gateway, &Settings::Gateway::host>::make<not_known>(
        "gateway", "host", "--host", {}, "address that NGINX listens on; `0.0.0.0` for every one"),
    SettingOf<&Settings::gateway, &Settings::Gateway::port>::make(
        "gateway", "port", "--port", {1, kPortMax},
        "its port; taken by another: `up` says so and ends with status 1"),
    SettingOf<&Settings::gateway, &Settings::Gateway::workers>::make("gateway", "workers", "", {1, 64},
                                                                     "NGINX worker processes"),
    SettingOf<&Settings::gateway, &Settings::Gateway::connections>::make(
        "gateway", "connections", "", {64, 1'000'000},
        "connections of one worker, to clients and to services together; more wait in the system's "
        "queue (4096)"),
    SettingOf<&Settings::gateway, &Settings::Gateway::rate_limit_per_s>::make(
        "gateway", "rate_limit_per_s", "", {0, 1'000'000},
        "requests a second of one client address on the service routes, and as many at once; more: "
        "**429** with `Retry-After`. 0: no limit"),
    SettingOf<&Settings::gateway, &Settings::Gateway::queries_timeout_ms>::make(
        "gateway", "queries_timeout_ms", "", {100, kHourMs},
        "a queries process that says nothing for so long is given up for the other; both: **503**. A "
        "query with `Sportapp-Position` and `Prefer` asked to be waited for: for it, it is "
        "`answer_timeout_ms`"),
    SettingOf<&Settings::gateway, &Settings::Gateway::commands_timeout_ms>::make(
        "gateway", "commands_timeout_ms", "", {100, kHourMs},
        "a commands process that says nothing for so long: **503**. Longer than `answer_timeout_ms`, "
        "so that the service's own answer goes first"),
    SettingOf<&Settings::gateway, &Settings::Gateway::first_try_ms>::make(
        "gateway", "first_try_ms", "", {0, kHourMs},
        "a process that says nothing for so long is not waited for: the request goes to the next one "
        "under the same key, and what no process answered is asked of all once more with the two "
        "timeouts above, which are then better short. For processes that nobody here can end: a "
        "paused container, another host. 0: no such bound"),
    SettingOf<&Settings::services, &Settings::Services::log_level>::make<no_log_level>(
        "services", "log_level", "", {}, "`trace`, `debug`, `info`, `warn`, `error`, `off`"),
    SettingOf<&Settings::services, &Settings::Services::drain_ms>::make(
        "services", "drain_ms", "", {0, 60'000},
        "what a process that is asked to end has to answer what is under way"),
    SettingOf<&Settings::services, &Settings::Services::queue_max>::make(
        "services", "queue_max", "", {1, 1'000'000},
        "commands that wait for their commit; more: **503** with `Retry-After`"),
    SettingOf<&Settings::services, &Settings::Services::batch_max>::make(
        "services", "batch_max", "", {1, 100'000}, "commands in one commit"),
    SettingOf<&Settings::services, &Settings::Services::cache_mb>::make(
        "services", "cache_mb", "", {1, 65'536},
        "MiB of its databases that a process keeps in memory, about; a commands node takes some 26 "
        "at most by itself, a queries process 16. Less is slower on large data, and fits a small "
        "machine"),
    SettingOf<&Settings::services, &Settings::Services::spares>::make(
        "services", "spares", "", {0, kSparesMax},
        "nodes of each commands service beside the one that is primary: 0, 1 or 2; each holds every "
        "acknowledged entry on a disk of its own"),
    SettingOf<&Settings::failover, &Settings::Failover::suspicion_ms>::make(
        "failover", "suspicion_ms", "", {50, 60'000},
        "a process that says nothing for so long counts as lost; the monitor waits longer by itself "
        "on a machine whose processes answer unevenly"),
    SettingOf<&Settings::failover, &Settings::Failover::fail_back>::make(
        "failover", "fail_back", "", {},
        "node `a` becomes primary again by itself once it is back; `false`: whoever is primary stays "
        "it"),
    SettingOf<&Settings::failover, &Settings::Failover::fail_back_after_ms>::make(
        "failover", "fail_back_after_ms", "", {0, kHourMs},
        "it must be in sync for so long first; twice as long, up to a minute, each time it failed "
        "within a minute of being primary"),
    SettingOf<&Settings::failover, &Settings::Failover::hold_ms>::make(
        "failover", "hold_ms", "", {0, kHourMs},
        "a command waits so long for a primary; then **503** with `Retry-After`. 0: it does not "
        "wait; a primary that is known still gets it"),
    SettingOf<&Settings::failover, &Settings::Failover::spare_late_ms>::make(
        "failover", "spare_late_ms", "", {100, 60'000},
        "a spare that acknowledges no entry for so long is not waited for any more: the monitor "
        "takes it off those in sync, and it comes back by itself"),
    SettingOf<&Settings::tactics, &Settings::Tactics::restart>::make(
        "tactics", "restart", "", {},
        "what ended is started again; `false`: it stays down until `sportapp start NAME`"),
    SettingOf<&Settings::tactics, &Settings::Tactics::restart_after_ms>::make(
        "tactics", "restart_after_ms", "", {0, kHourMs},
        "not sooner after it ended, as service managers do it"),
    SettingOf<&Settings::tactics, &Settings::Tactics::detect_hangs>::make(
        "tactics", "detect_hangs", "", {},
        "the monitor has killed what says nothing for too long; `false`: it only tells it"),
    SettingOf<&Settings::tactics, &Settings::Tactics::retry>::make(
        "tactics", "retry", "", {},
        "the gateway gives a request that got no answer, 502 or 503 to the next process, under the "
        "same key; `false`: as NGINX does by itself, a command only where no connection could be made"),
    SettingOf<&Settings::redis, &Settings::Redis::memory_mb>::make(
        "redis", "memory_mb", "", {16, 1'000'000},
        "Redis refuses to grow past it; events then go through the journal's feed"),
    SettingOf<&Settings::redis, &Settings::Redis::stream_length_max>::make(
        "redis", "stream_length_max", "", {1},
        "events kept in a stream (about); older ones are read from the journal's feed"),
    SettingOf<&Settings::retention, &retention::RetentionPolicy::keep_entries>::make(
        "retention", "keep_entries", "", {0},
        "the last so many entries of each journal stay, older ones are deleted "
        "([retention](retention.md)); 0: no matter how many. An entry is deleted when both limits "
        "let it go, and none while both are 0"),
    SettingOf<&Settings::retention, &retention::RetentionPolicy::keep_days>::make(
        "retention", "keep_days", "", {0, kDaysMax},
        "those of the last so many days stay; 0: no matter how old"),
    SettingOf<&Settings::retention, &retention::RetentionPolicy::keep_keys_s>::make(
        "retention", "keep_keys_s", "", {1, kDaysMax* kDayS},
        "seconds that an entry stays in any case, by a clock that nobody sets: so long its "
        "`Idempotency-Key` is known. Longer than anybody repeats a request"),
    SettingOf<&Settings::network, &Settings::Network::listen>::make<no_address>(
        "network", "listen", "", {},
        "of processes that are run one by one (`sportapp run`): address that Redis, services and "
        "monitor listen on; `0.0.0.0` for every one. `up` has all of them on 127.0.0.1"),
    SettingOf<&Settings::network, &Settings::Network::first_port>::make(
        "network", "first_port", "", {1, kPortMax},
        "process number i of `sportapp run --list`, from 0, has the port `first_port` + 2 i, and the "
        "next one for its link"),
    SettingOf<&Settings::network, &Settings::Network::key_file>::make(
        "network", "key_file", "", {},
        "the secret by which the processes know each other (`sportapp key FILE` makes one; [what it "
        "opens](deployment.md#who-may-ask-what)); `\"\"`: `DATA/config/cluster.key`"),
    SettingOf<&Settings::limits, &http::Limits::connections>::make(
        "limits", "connections", "", {1, 1'000'000},
        "connections of one service process; more: **503** and closed"),
    SettingOf<&Settings::limits, &http::Limits::body_bytes>::make(
        "limits", "body_bytes", "", {1024, 1 << 30},
        "body of a request; more: **413** (by NGINX; without it by the service)"),
    SettingOf<&Settings::limits, &http::Limits::header_bytes>::make(
        "limits", "header_bytes", "", {1024, 1 << 20},
        "request line: more is **414**; one header line, and all headers together: more is **431**"),
    SettingOf<&Settings::limits, &http::Limits::idle_timeout_ms>::make(
        "limits", "idle_timeout_ms", "", {3000, kHourMs},
        "a connection to a service without a request is closed in silence; NGINX gives up its own a "
        "little earlier"),
    SettingOf<&Settings::limits, &http::Limits::request_timeout_ms>::make(
        "limits", "request_timeout_ms", "", {1000, kHourMs},
        "from the first byte to the whole request. A service answers **408**; NGINX closes the "
        "connection, which is all it can do"),
    SettingOf<&Settings::limits, &http::Limits::answer_timeout_ms>::make(
        "limits", "answer_timeout_ms", "", {1000, kHourMs},
        "no answer by then: **503**; a client that takes nothing for so long: closed"),
};

constexpr std::string_view kAddressesRow =
    "| `[network.addresses] NAME` | | an IP address | at which the others reach the process NAME; those not "
    "named are at 127.0.0.1, on the same data folder. An address and not a name, so that a failover waits "
    "for "
    "no name server |\n";

}  // namespace

std::span<const Setting> all_settings() {
  return kSettings;
}

std::string allowed(const Setting& setting) {
  if (!setting.is_number) return {};
  const auto& [least, most] = setting.bounds;
  return most == kAnyNumber ? fmt::format("{} or more", least) : fmt::format("{} to {}", least, most);
}

std::string settings_markdown() {
  std::string text = "| Key | Default | Allowed | What it does |\n|---|---|---|---|\n";
  const Settings defaults;
  for (const auto& setting : all_settings()) {
    if (setting.table == "limits" && text.find(kAddressesRow) == std::string::npos) text += kAddressesRow;
    const auto option = setting.option.empty() ? std::string() : fmt::format(" (`{}`)", setting.option);
    auto value = setting.text(defaults);
    if (value.size() > 2 && value.front() == '"') value = value.substr(1, value.size() - 2);
    text += fmt::format("| `[{}] {}`{} | `{}` | {} | {} |\n", setting.table, setting.key, option, value,
                        allowed(setting), setting.help);
  }
  return text;
}

}  // namespace sportapp::instance
