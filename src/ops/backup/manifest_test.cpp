#include "ops/backup/manifest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace sportapp::backup {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;

Manifest example() {
  return {"1.0",
          "/srv/sportapp",
          "2026-01-02T03:04:05.006Z",
          "2026-01-02T03:04:06.007Z",
          {{"orders", "b", Epoch{7}, {Seq{42}, Hash{1, 2, 255}}, {{"users", Seq{5}}, {"products", Seq{6}}}}},
          {{"orders-commands-a/journal.db", 4096, Hash{9}}}};
}

// As the program writes it, but for what `change` makes of it.
template <class Change>
std::string changed(const Change& change) {
  auto manifest = example();
  change(manifest);
  return to_text(manifest);
}

TEST(Manifest, IsReadAsItWasWritten) {
  const auto text = to_text(example());
  const auto read = manifest_of(text);
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(to_text(*read), text);
  const auto& part = read->services.at(0);
  EXPECT_EQ(part.node, "b");
  EXPECT_EQ(part.head, (Position{Seq{42}, Hash{1, 2, 255}}));
  EXPECT_EQ(part.consumed.at("products"), Seq{6});
  EXPECT_EQ(read->bytes(), 4096U);
}

TEST(Manifest, HasALineForEachServiceAndFile) {
  EXPECT_THAT(to_text(example()), HasSubstr("\n    {\"service\":\"orders\""));
  EXPECT_THAT(to_text(example()), HasSubstr("\n    {\"file\":\"orders-commands-a/journal.db\""));
}

TEST(Manifest, EveryChangedByteIsFound) {
  const auto text = to_text(example());
  for (std::size_t at = 0; at < text.size(); ++at) {
    auto damaged = text;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    EXPECT_FALSE(manifest_of(damaged)) << at;
  }
}

TEST(Manifest, EveryCutIsFound) {
  const auto text = to_text(example());
  for (std::size_t size = 0; size + 1 < text.size(); ++size) EXPECT_FALSE(manifest_of(text.substr(0, size)));
}

TEST(Manifest, ANewerFormatIsNamedAsSuchWhateverElseIsInIt) {
  const auto read = manifest_of(R"({"format": 2, "else": []})");
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().what, HasSubstr("format 2"));
  EXPECT_THAT(read.error().what, HasSubstr("newer"));
}

TEST(Manifest, FilesOutsideItsFolderAreNone) {
  for (const auto* file :
       {"../users.record", "/etc/passwd", "a/../../b", "", ".", "..", "a/", "a//b", "./a"}) {
    EXPECT_FALSE(manifest_of(changed([&](Manifest& manifest) { manifest.files[0].file = file; }))) << file;
  }
  EXPECT_TRUE(manifest_of(changed([](Manifest& manifest) { manifest.files[0].file = "..a"; })));
}

}  // namespace
}  // namespace sportapp::backup
