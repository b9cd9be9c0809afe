#include "core/op.h"
#include "ops/register.h"

namespace sim {

const OpTable& OpTable::get() {
  static const OpTable* table = [] {
    auto* t = new OpTable;
    register_all(*t);
    return t;
  }();
  return *table;
}

const OpRecord* OpTable::find(vsi_nn_op_t op) const {
  return op >= 0 && size_t(op) < records_.size() ? records_[size_t(op)].get() : nullptr;
}

void OpTable::add(OpRecord record) {
  const size_t at = size_t(record.op);
  if (records_.size() <= at) records_.resize(at + 1);
  records_[at] = std::make_unique<OpRecord>(std::move(record));
  order_.push_back(records_[at].get());
}

const char* op_name(vsi_nn_op_t op) {
  const OpRecord* record = OpTable::get().find(op);
  return record ? record->name : "unknown";
}

}  // namespace sim
