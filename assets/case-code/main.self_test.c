/* Compares the network's outputs with golden ones; 0 when all agree. */
static int self_test(const char *data_file_name, const char *folder)
{
    int failed = -1;
    vsi_nn_graph_t *graph = create_neural_network(data_file_name);

    if (graph != NULL && verify_graph(graph) == VSI_SUCCESS)
    {
        failed = vnn_SelfTest(graph, folder);
    }
    vnn_Release@{suffix}(graph, TRUE);
    fflush(stdout);
    return failed == 0 ? 0 : 1;
}
