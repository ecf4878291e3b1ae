#include "ops/instance/settings_doubts.hpp"

#include <fmt/format.h>

namespace sportapp::instance {
namespace {

using Doubts = std::vector<std::string>;

bool services_have_spares(const Settings& settings) {
  return settings.services.spares > 0;
}

void doubt_times(const Settings& settings, Doubts& doubts) {
  const auto& gateway = settings.gateway;
  const auto& failover = settings.failover;
  const auto& limits = settings.limits;
  // With a first try it is how long each is asked the second time, and better short.
  if (gateway.first_try_ms == 0 && gateway.commands_timeout_ms <= limits.answer_timeout_ms) {
    doubts.push_back(fmt::format(
        "[gateway] commands_timeout_ms = {} is not longer than [limits] answer_timeout_ms = {}: the gateway "
        "gives a command up before the service's own answer; make it longer",
        gateway.commands_timeout_ms, limits.answer_timeout_ms));
  }
  if (failover.hold_ms > 0 && failover.suspicion_ms >= failover.hold_ms) {
    doubts.push_back(fmt::format(
        "[failover] suspicion_ms = {} is not shorter than hold_ms = {}: commands that wait for a primary are "
        "answered 503 before a spare can take over; make hold_ms longer, or 0 if nothing shall wait",
        failover.suspicion_ms, failover.hold_ms));
  }
  if (failover.hold_ms >= limits.answer_timeout_ms) {
    doubts.push_back(
        fmt::format("[failover] hold_ms = {} is not shorter than [limits] answer_timeout_ms = {}: a command "
                    "is answered 503 before it has waited so long for a primary; make hold_ms shorter",
                    failover.hold_ms, limits.answer_timeout_ms));
  }
  if (services_have_spares(settings) && failover.spare_late_ms >= limits.answer_timeout_ms) {
    doubts.push_back(fmt::format(
        "[failover] spare_late_ms = {} is not shorter than [limits] answer_timeout_ms = {}: while a spare "
        "says nothing, commands are answered 503 before they stop waiting for it; make it shorter",
        failover.spare_late_ms, limits.answer_timeout_ms));
  }
}

void doubt_retention(const Settings& settings, Doubts& doubts) {
  const auto& retention = settings.retention;
  const bool deletes = retention.keep_entries > 0 || retention.keep_days > 0;
  if (deletes && retention.keep_keys_s * 1000 <= settings.gateway.commands_timeout_ms) {
    doubts.push_back(fmt::format(
        "[retention] keep_keys_s = {} is not longer than [gateway] commands_timeout_ms = {}: the "
        "gateway can repeat a command whose key is no longer known, and it is done twice; make it "
        "longer",
        retention.keep_keys_s, settings.gateway.commands_timeout_ms));
  }
}

void doubt_what_has_no_effect(const Settings& settings, Doubts& doubts) {
  const auto& services = settings.services;
  const auto& tactics = settings.tactics;
  const auto& gateway = settings.gateway;
  if (services.batch_max > services.queue_max) {
    doubts.push_back(
        fmt::format("[services] batch_max = {} is more than queue_max = {}: no commit can have so many "
                    "commands, as no more than queue_max wait for one; make it smaller",
                    services.batch_max, services.queue_max));
  }
  if (!tactics.restart && tactics.restart_after_ms > 0) {
    doubts.push_back(
        fmt::format("[tactics] restart_after_ms = {} has no effect with restart = false: nothing is started "
                    "again by itself; leave it out",
                    tactics.restart_after_ms));
  }
  if (gateway.first_try_ms > 0 && !tactics.retry) {
    doubts.push_back(
        fmt::format("[gateway] first_try_ms = {} has no effect with [tactics] retry = false: there is no "
                    "second try; leave it out",
                    gateway.first_try_ms));
  } else if (gateway.first_try_ms > 0 && gateway.first_try_ms >= gateway.commands_timeout_ms) {
    doubts.push_back(
        fmt::format("[gateway] first_try_ms = {} has no effect on commands with commands_timeout_ms = {}: a "
                    "request is given up by then; make it shorter",
                    gateway.first_try_ms, gateway.commands_timeout_ms));
  }
}

void doubt_the_network(const Settings::Network& network, Doubts& doubts) {
  if (network.addresses.empty()) return;
  if (network.listen == "127.0.0.1" || network.listen == "::1") {
    doubts.push_back(
        fmt::format("[network] listen = \"{}\" with addresses of other hosts below [network.addresses]: what "
                    "listens here is reached from here only; listen on \"0.0.0.0\" or on this host's address",
                    network.listen));
  }
  if (network.key_file.empty()) {
    doubts.push_back(
        "[network] key_file is not set with addresses of other hosts below [network.addresses]: each data "
        "folder gets a key of its own, and they do not know each other; name a file that all have");
  }
}

}  // namespace

std::vector<std::string> doubts_about(const Settings& settings) {
  Doubts doubts;
  doubt_times(settings, doubts);
  doubt_retention(settings, doubts);
  doubt_what_has_no_effect(settings, doubts);
  doubt_the_network(settings.network, doubts);
  return doubts;
}

}  // namespace sportapp::instance
