// Tiles as they are asked for on the wire.
#pragma once

#include <string>

#include "headscope/tile.h"
#include "rpc/fields.h"
#include "rpc/trace_store.h"

namespace headscope {

// OPS; plain weights where the field `ops` is absent. Throws Error(kUsage): HS-CAP-01 for a
// quantity that the trace has not.
TileOps read_ops(Fields& fields, const AttentionSource& source);

// The stack and heads of a request, checked: several only where `ops` combines them.
std::vector<HeadRef> read_heads(Fields& fields, const AttentionSource& source, const TileOps& ops);
HeadRef read_head(const std::string& name, const AttentionSource& source, int stack);
int read_stack(Fields& fields, const AttentionSource& source);
// The index of a query of this stack, from the field "query".
int64_t read_query(Fields& fields, const AttentionSource& source, int stack);

struct TileSpec {
  TileRequest request;
  int64_t preview = 0;  // rows computed, evenly spaced; 0 = all
  bool half = false;    // f16
  std::string key;      // everything that decides the bytes
};
TileSpec read_tile(const Json& json, const std::string& where, const StoredTrace& trace);

}  // namespace headscope
