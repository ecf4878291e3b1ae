// Places in a journal as bytes.
#pragma once
#include "base/bytes.hpp"
#include "base/position.hpp"

namespace sportapp {

inline void put(ByteWriter& writer, const Position& position) {
  writer.i64(position.seq.value).hash(position.hash);
}

inline Position get_position(ByteReader& reader) {
  const Seq seq{reader.i64()};
  return {seq, reader.hash()};
}

}  // namespace sportapp
