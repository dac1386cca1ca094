/// How a dead letter comes to hold its record.
#pragma once

#include "sage/base/error.hpp"
#include "sage/functions/dead_letter.hpp"
#include "sage/model/record_packing.hpp"

namespace sage::operators {

/// Puts the record into the letter, as `packing` says; null keeps only what can be shown of it.
inline void keep_record(dead_letter& in, const record_packing* packing, const void* record) {
  if (!packing) return;
  try {
    packing->pack(in.packed, record);
    in.returns = packing->unpack != nullptr;
  } catch (const error&) {
    in.packed.clear();  // nested too deep, or a time beyond what can be written: what is shown of it has to do
  }
}

}  // namespace sage::operators
