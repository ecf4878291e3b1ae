#include "ops/instance/template.hpp"

#include <gtest/gtest.h>

namespace sportapp::instance {

TEST(Template, ValuesReplaceTheirNames) {
  EXPECT_EQ(render("a {{x}} b {{x}}{{y}}\n", {{{"x", "1"}, {"y", "$2"}}, {}}).value(), "a 1 b 1$2\n");
}

TEST(Template, AConditionKeepsItsBlockOnlyWithAValue) {
  const auto source = "{{#if x}}\nwith {{x}}\n{{/if}}\nend\n";
  EXPECT_EQ(render(source, {{{"x", "1"}}, {}}).value(), "with 1\nend\n");
  EXPECT_EQ(render(source, {{{"x", ""}}, {}}).value(), "end\n");
}

TEST(Template, ABlockIsRepeatedForEachItemWhoseValuesGoFirst) {
  TemplateValues values{{{"name", "outer"}, {"all", "!"}}, {}};
  TemplateValues item{{{"name", "inner"}}, {}};
  item.lists["parts"] = {{{{"part", "1"}}, {}}, {{{"part", "2"}}, {}}};
  values.lists["items"] = {item};
  EXPECT_EQ(
      render("{{name}}\n{{#each items}}\n{{#each parts}}\n{{name}}{{part}}{{all}}\n{{/each}}\n{{/each}}\n",
             values)
          .value(),
      "outer\ninner1!\ninner2!\n");
}

TEST(Template, AMistakeIsToldWithItsLine) {
  EXPECT_EQ(render("a\n{{b}}\n", {}).error().what, "template line 2: unknown name 'b'");
  EXPECT_EQ(render("{{#if a}}\n", {{{"a", "1"}}, {}}).error().what,
            "template line 1: block 'if' without its end");
  EXPECT_EQ(render("{{a\n", {}).error().what, "template line 1: {{ without }}");
  EXPECT_EQ(render("{{#each a}}\n{{/each}}\n", {}).error().what, "template line 1: unknown list 'a'");
}

}  // namespace sportapp::instance
