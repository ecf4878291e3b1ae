#include "domain/services/registry.hpp"

#include <gtest/gtest.h>

#include <set>

namespace sportapp::services {

TEST(Registry, EveryServiceIsFoundByItsNameAndCalledSo) {
  ASSERT_FALSE(all().empty());
  std::set<std::string_view> seen;
  for (const auto& service : all()) {
    EXPECT_TRUE(seen.insert(service.name).second) << service.name << " appears twice";
    EXPECT_EQ(find(service.name), &service);
    EXPECT_EQ(service.make_domain()->service(), service.name);
    EXPECT_EQ(service.make_projection()->service(), service.name);
  }
  EXPECT_EQ(find("nothing"), nullptr);
}

TEST(Registry, WhatAServiceFollowsIsAServiceAndNotItself) {
  for (const auto& service : all()) {
    for (const auto& source : service.make_domain()->sources()) {
      EXPECT_NE(find(source), nullptr) << service.name << " follows " << source;
      EXPECT_NE(source, service.name);
    }
  }
}

}  // namespace sportapp::services
