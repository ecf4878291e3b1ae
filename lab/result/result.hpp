// result.json: what a run of an experiment came to. This is its one description: who writes it, who checks it
// and who reads it go by these members (Boost.Describe). Times of the load count from its start.
#pragma once
#include <boost/describe.hpp>
#include <boost/json.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace sportapp::lab::result {

inline constexpr int kFormat = 1;  // of result.json and report.json

// Null, or missing, where it is not known. What is no Maybe and no list must be there.
template <class T>
using Maybe = std::optional<T>;

struct Scenario {
  std::string name;
  Maybe<std::string> title, description;
  Maybe<std::uint64_t> seed;
  double duration_s = 0;
  Maybe<std::string> text;  // the file
};
BOOST_DESCRIBE_STRUCT(Scenario, (), (name, title, description, seed, duration_s, text))

struct Program {
  Maybe<std::string> version;
};
BOOST_DESCRIBE_STRUCT(Program, (), (version))

struct Machine {
  Maybe<std::string> cpu;
  Maybe<std::int64_t> cores, memory_mib;
  Maybe<std::string> kernel;
  Maybe<double> load_average;
};
BOOST_DESCRIBE_STRUCT(Machine, (), (cpu, cores, memory_mib, kernel, load_average))

struct Tactics {
  Maybe<std::string> level;
  Maybe<bool> restart;
  Maybe<std::int64_t> restart_after_ms;
  Maybe<bool> detect_hangs;
  Maybe<std::int64_t> spares;
  Maybe<bool> retry;
  Maybe<std::int64_t> hold_ms;
};
BOOST_DESCRIBE_STRUCT(Tactics, (), (level, restart, restart_after_ms, detect_hangs, spares, retry, hold_ms))

struct Broken {
  std::string what;
  Maybe<std::string> wanted, found;
};
BOOST_DESCRIBE_STRUCT(Broken, (), (what, wanted, found))

struct Verdict {
  bool pass = false;
  std::string line;
  std::vector<Broken> broken;
};
BOOST_DESCRIBE_STRUCT(Verdict, (), (pass, line, broken))

struct Counts {
  std::int64_t requests = 0, acknowledged = 0, failed = 0;
  Maybe<std::int64_t> refused_as_allowed, not_yet, poison, masked;
};
BOOST_DESCRIBE_STRUCT(Counts, (),
                      (requests, acknowledged, failed, refused_as_allowed, not_yet, poison, masked))

struct Found {
  Maybe<std::int64_t> count;
  std::vector<std::string> examples;  // the first of them
};
BOOST_DESCRIBE_STRUCT(Found, (), (count, examples))

// Milliseconds, of requests that were acknowledged.
struct Latency {
  Maybe<double> p50, p90, p99, p999, max;
  Maybe<double> usual_p50, usual_p99;                      // before the first fault
  Maybe<double> slow_above;                                // after a fault such a request counts as masked
  std::vector<std::pair<double, std::int64_t>> histogram;  // upper bound, count
};
BOOST_DESCRIBE_STRUCT(Latency, (), (p50, p90, p99, p999, max, usual_p50, usual_p99, slow_above, histogram))

struct Spread {
  Maybe<double> median, worst;
};
BOOST_DESCRIBE_STRUCT(Spread, (), (median, worst))

struct Outage {
  std::int64_t fault = 0;
  Maybe<std::string> kind;
  Maybe<double> first_acknowledged_ms;  // null: nothing was, as long as it was watched
  Maybe<double> silence_ms;
};
BOOST_DESCRIBE_STRUCT(Outage, (), (fault, kind, first_acknowledged_ms, silence_ms))

struct Outages {
  Maybe<double> median, worst;
  std::vector<Outage> each;
};
BOOST_DESCRIBE_STRUCT(Outages, (), (median, worst, each))

struct Fault {
  std::int64_t number = 0;
  std::string kind;
  Maybe<std::string> target, what;
  double at_s = 0;
  Maybe<double> healed_s;
};
BOOST_DESCRIBE_STRUCT(Fault, (), (number, kind, target, what, at_s, healed_s))

struct Role {
  std::string service, node, role;
  double from_s = 0;
  Maybe<double> until_s;
};
BOOST_DESCRIBE_STRUCT(Role, (), (service, node, role, from_s, until_s))

struct Event {
  double at_s = 0;
  Maybe<std::string> service, rule, what;
};
BOOST_DESCRIBE_STRUCT(Event, (), (at_s, service, rule, what))

struct Journal {
  Maybe<std::string> service, node;
  Maybe<std::int64_t> entries;
};
BOOST_DESCRIBE_STRUCT(Journal, (), (service, node, entries))

// One value a bucket of time.
struct Timeline {
  Maybe<std::int64_t> bucket_ms;
  std::vector<std::int64_t> acknowledged, failed, refused;
  std::vector<Maybe<double>> p50_ms, p99_ms, max_ms;
};
BOOST_DESCRIBE_STRUCT(Timeline, (), (bucket_ms, acknowledged, failed, refused, p50_ms, p99_ms, max_ms))

struct SlowRequest {
  std::int64_t number = 0;
  Maybe<std::string> op;
  double sent_s = 0, took_ms = 0;
  Maybe<std::int64_t> fault;
};
BOOST_DESCRIBE_STRUCT(SlowRequest, (), (number, op, sent_s, took_ms, fault))

struct Growth {
  double at_s = 0;
  Maybe<double> memory_mib, journal_mib;
};
BOOST_DESCRIBE_STRUCT(Growth, (), (at_s, memory_mib, journal_mib))

struct Result {
  int format = kFormat;
  Scenario scenario;
  Program sportapp;
  Machine machine;
  std::string started;  // UTC
  Maybe<std::string> subject;
  std::string label;
  Maybe<bool> as_meant;  // the scenario's own load, faults and length
  Maybe<Tactics> tactics;
  Verdict verdict;
  Counts counts;
  std::map<std::string, std::int64_t> failed_by;  // outcome
  Found lost, doubled, different, stale, unasked, reordered;
  Latency latency_ms;
  Outages outage_ms;
  Spread detect_ms, take_over_ms, redundant_ms;
  std::vector<Fault> faults;
  std::vector<Role> roles;
  std::vector<Event> events;
  std::vector<Journal> journals;
  Timeline timeline;
  std::vector<SlowRequest> slow;
  std::vector<Growth> growth;
  std::vector<std::string> troubles;
  Maybe<double> redundant_after_s;
  Maybe<std::string> repeat;  // the command
};
BOOST_DESCRIBE_STRUCT(Result, (),
                      (format, scenario, sportapp, machine, started, subject, label, as_meant, tactics,
                       verdict, counts, failed_by, lost, doubled, different, stale, unasked, reordered,
                       latency_ms, outage_ms, detect_ms, take_over_ms, redundant_ms, faults, roles, events,
                       journals, timeline, slow, growth, troubles, redundant_after_s, repeat))

[[nodiscard]] boost::json::object to_json(const Result& result);
[[nodiscard]] boost::json::object to_json(const Machine& machine);
// What is not of its kind stays unknown.
[[nodiscard]] Machine machine_from(const boost::json::object& object);
// Whether it is a result of this format; the error names the member that is missing or of another kind.
[[nodiscard]] sportapp::Result<void> check(const boost::json::object& result);
// Whether there is such a number: "counts.failed".
[[nodiscard]] bool has_number(std::string_view path);

}  // namespace sportapp::lab::result
