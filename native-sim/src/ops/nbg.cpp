// NBG: a whole network, packed into a file, as one node.
#include "ops/register.h"
#include "packed/file.h"

namespace sim {

namespace {

void check_port(const char* side, uint32_t index, const vsi_nn_tensor_t* outer, const vsi_nn_tensor_t* inner) {
  const Shape have = shape_of(outer->attr), want = shape_of(inner->attr);
  if (have != want)
    fail("%s %u has shape %s, the packed network's has %s", side, index, have.text().c_str(), want.text().c_str());
  if (Numeric(outer->attr.dtype) != Numeric(inner->attr.dtype))
    fail("%s %u is %s with another quantization or type than the packed network's %s", side, index,
         type_name(outer->attr.dtype.vx_type), type_name(inner->attr.dtype.vx_type));
}

size_t bytes_of(const vsi_nn_tensor_t* t) {
  return size_t(shape_of(t->attr).count()) * type_bytes(t->attr.dtype.vx_type);
}

// The file says what the shapes are, and it is read once, in build.
void infer_nbg(Setup& s) {
  for (int k = 0; k < s.outputs(); k++)
    if (s.out(k)->attr.dim_num == VSI_NN_DIM_AUTO) fail("output %d of a packed network needs its shape", k);
}

struct Copy {
  vsi_nn_tensor_t *from, *to;
  size_t bytes;
  void run() const { std::memcpy(to->t->data, from->t->data, bytes); }
};

std::vector<Copy> connect(const char* side, const vsi_nn_graph_t* inner, const vsi_nn_graph_io_t& ports, int have,
                          const std::function<vsi_nn_tensor_t*(int)>& outer, bool into) {
  if (uint32_t(have) != ports.num)
    fail("the node has %d %ss, the packed network has %u", have, side, ports.num);
  std::vector<Copy> copies;
  for (uint32_t i = 0; i < ports.num; i++) {
    vsi_nn_tensor_t *mine = outer(int(i)), *its = vsi_nn_GetTensor(inner, ports.tensors[i]);
    check_port(side, i, mine, its);
    copies.push_back(into ? Copy{mine, its, bytes_of(its)} : Copy{its, mine, bytes_of(its)});
  }
  return copies;
}

Kernel build_nbg(Setup& s) {
  const auto& p = s.param().nbg;
  if (p.type != VSI_NN_NBG_FILE) fail("nbg.type is %d, only a file (VSI_NN_NBG_FILE) can be loaded", int(p.type));
  const packed::Options options{s.state()->threads, false, s.requantization()};
  const auto network = std::make_shared<packed::Network>(packed::File::read(p.url), options);
  const vsi_nn_graph_t* inner = network->graph();
  const auto in = connect("input", inner, inner->input, s.inputs(), [&](int i) { return s.in(i); }, true);
  const auto out = connect("output", inner, inner->output, s.outputs(), [&](int i) { return s.out(i); }, false);
  return [network, in, out](Pool&) {
    for (const Copy& copy : in) copy.run();
    if (vsi_nn_RunGraph(network->graph()) != VSI_SUCCESS) throw Failure(network->graph()->g->error);
    for (const Copy& copy : out) copy.run();
  };
}

}  // namespace

void register_nbg(OpTable& t) {
  // The file name is no number, so it is no field here: only case code sets it.
  t.add({VSI_NN_OP_NBG, "NBG", "nbg", {SIM_FIELD(vsi_nn_nbg_param, type)}, 1, 65536, 1, 65536, infer_nbg, build_nbg});
}

}  // namespace sim
