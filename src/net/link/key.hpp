#pragma once
#include "base/instance_secret.hpp"

namespace sportapp::link {

// What nodes and monitor show each other that they have.
using Key = InstanceKey;
using sportapp::load_key;
using sportapp::make_key;

}  // namespace sportapp::link
