#include <cstdio>
#include <memory>
#include <sys/stat.h>
#ifdef _WIN32
#include <direct.h>
#endif

#include "core/op.h"

namespace {

void make_directory(const char* path) {
#ifdef _WIN32
  _mkdir(path);
#else
  mkdir(path, 0777);
#endif
}

bool wanted(uint32_t uid, const uint32_t* uids, uint32_t n) {
  if (!uids || n == 0) return true;
  for (uint32_t i = 0; i < n; i++)
    if (uids[i] == uid) return true;
  return false;
}

// "@uid_3:out0" for a node's output, "datainput_0:out0" for a graph input, "not used" for the rest.
std::string source_of(const vsi_nn_graph_t* graph, vsi_nn_tensor_id_t id) {
  for (uint32_t n = 0; n < graph->node_num; n++)
    for (uint32_t k = 0; k < graph->nodes[n]->output.num; k++)
      if (graph->nodes[n]->output.tensors[k] == id)
        return "@uid_" + std::to_string(graph->nodes[n]->uid) + ":out" + std::to_string(k);
  for (uint32_t j = 0; j < graph->input.num; j++)
    if (graph->input.tensors[j] == id) return "datainput_" + std::to_string(j) + ":out0";
  return "not used";
}

template <class F>
std::string join(uint32_t n, F text) {
  std::string s = "[ ";
  for (uint32_t i = 0; i < n; i++) s += (i ? ", " : "") + text(i);
  return s + " ]";
}

std::string shapes(const vsi_nn_graph_t* graph, const vsi_nn_node_io_t& io) {
  return join(io.num, [&](uint32_t i) {
    const vsi_nn_tensor_t* t = vsi_nn_GetTensor(graph, io.tensors[i]);
    return t ? sim::shape_of(t->attr).text() : std::string("[]");
  });
}

std::string describe(const vsi_nn_graph_t* graph, const vsi_nn_node_t* node) {
  std::string s = "    \"uid_" + std::to_string(node->uid) + "\": {\n      \"op\": \"" + sim::op_name(node->op);
  s += "\",\n      \"inputs\": " + join(node->input.num, [&](uint32_t i) {
    return "\"" + source_of(graph, node->input.tensors[i]) + "\"";
  });
  s += ",\n      \"inut_shape\": " + shapes(graph, node->input);
  s += ",\n      \"outputs\": " + join(node->output.num, [](uint32_t i) {
    return "\"out" + std::to_string(i) + "\"";
  });
  return s + ",\n      \"output_shape\": " + shapes(graph, node->output) + "\n    }";
}

void dump_output(vsi_nn_graph_t* graph, const vsi_nn_node_t* node, uint32_t port, const char* path, bool fp32) {
  vsi_nn_tensor_t* t = vsi_nn_GetTensor(graph, node->output.tensors[port]);
  if (!t) return;
  if (t->attr.vtl && !graph->g->keep_all) {
    VSILOGW("uid %u output %u is virtual and cannot be dumped", node->uid, port);
    return;
  }
  char shape[128];
  vsi_nn_ShapeToString(t->attr.size, t->attr.dim_num, shape, sizeof shape, FALSE);
  const std::string name = std::string(path) + "/" + sim::op_name(node->op) + "_uid_" + std::to_string(node->uid) +
                           "_t_" + std::to_string(port) + "_s_" + shape + ".txt";
  if (fp32) vsi_nn_SaveTensorToTextByFp32(graph, t, name.c_str(), nullptr);
  else vsi_nn_SaveTensorToText(graph, t, name.c_str(), nullptr);
}

}  // namespace

void vsi_nn_DumpGraphNodeOutputs(vsi_nn_graph_t* graph, const char* path, uint32_t* node_uids,
                                 uint32_t node_uids_size, vsi_bool force_fp32, vsi_nn_dim_fmt_e) {
  if (!graph || !path) return;
  sim::guarded(graph, false, [&] {
    make_directory(path);
    for (uint32_t n = 0; n < graph->node_num; n++) {
      const vsi_nn_node_t* node = graph->nodes[n];
      if (!wanted(node->uid, node_uids, node_uids_size)) continue;
      for (uint32_t k = 0; k < node->output.num; k++) dump_output(graph, node, k, path, force_fp32 != FALSE);
    }
    return true;
  });
}

void vsi_nn_DumpGraphToJson(vsi_nn_graph_t* graph) {
  if (!graph) return;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("graph.json", "w"), std::fclose);
  if (!file) {
    VSILOGE("Cannot write file graph.json");
    return;
  }
  sim::guarded(graph, false, [&] {
    std::string text = "{\n  \"Layers\": {\n";
    for (uint32_t n = 0; n < graph->node_num; n++)
      text += describe(graph, graph->nodes[n]) + (n + 1 < graph->node_num ? ",\n" : "\n");
    std::fputs((text + "  }\n}\n").c_str(), file.get());
    return true;
  });
}
