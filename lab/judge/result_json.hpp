#pragma once
#include <boost/json/object.hpp>

#include "lab/judge/judge.hpp"

namespace sportapp::lab {

// The judge's members of result.json, from "verdict" to "slow", at the end of what is in `result`.
void add_to(boost::json::object& result, const Judgement& judgement);

}  // namespace sportapp::lab
