#pragma once
#include "lab/judge/judge.hpp"
#include "lab/result/result.hpp"

namespace sportapp::lab {

// What the judge knows of a result: from `verdict` to `slow`.
void fill(result::Result& result, const Judgement& judgement);

}  // namespace sportapp::lab
