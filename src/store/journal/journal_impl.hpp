// What a Journal is made of. For journal.cpp only.
#pragma once
#include <memory>
#include <thread>
#include <utility>

#include "store/journal/background_check.hpp"
#include "store/journal/core.hpp"
#include "store/journal/journal.hpp"
#include "store/journal/opener.hpp"

namespace sportapp::journal {

struct Journal::Impl {
  Impl(Options options_given, const domain::Domain& domain_given, const Clock& clock_given)
      : options(std::move(options_given)),
        domain(domain_given),
        clock(clock_given),
        inbox(std::make_shared<Inbox>(
            Inbox::Options{options.queue_max, options.batch_max, options.leading, options.gate != nullptr})),
        opener(options.file, domain),
        core({options, clock, opener, inbox, view, *readers}) {
    view.change([this](View::Shown& shown) {
      for (const auto& source : domain.sources()) shown.consumed[source] = messaging::beginning();
    });
    readers->unreadable = true;
  }

  const Options options;
  const domain::Domain& domain;
  const Clock& clock;
  const std::shared_ptr<Durable> readers = std::make_shared<Durable>();
  const std::shared_ptr<Inbox> inbox;
  View view;

  // Owned by the journal's thread.
  Opener opener;
  Core core;

  std::thread thread;
  std::unique_ptr<BackgroundCheck> background;

  void start();
  void run();
};

}  // namespace sportapp::journal
