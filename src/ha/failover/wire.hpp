// Places in a journal as bytes, for the messages of failover and of replication.
#pragma once
#include "base/bytes.hpp"
#include "ha/failover/record.hpp"

namespace sportapp::failover {

inline void put(ByteWriter& writer, const Position& position) {
  writer.i64(position.seq.value).hash(position.hash);
}

inline Position get_position(ByteReader& reader) {
  const Seq seq{reader.i64()};
  return {seq, reader.hash()};
}

}  // namespace sportapp::failover
