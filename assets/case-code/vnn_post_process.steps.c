/* The values of one output. */
typedef struct
{
    float *values;
    size_t count;
} output_values_t;

static void free_outputs(output_values_t *outputs, uint32_t num)
{
    uint32_t i;

    for (i = 0; i < num; i++)
    {
        free(outputs[i].values);
    }
}

/* Values of the outputs with these numbers. Free them in either case. */
static vsi_status read_outputs(vsi_nn_graph_t *graph, const uint32_t *indices, uint32_t num, output_values_t *outputs)
{
    uint32_t i;
    vsi_status status = VSI_SUCCESS;

    for (i = 0; i < num; i++)
    {
        vsi_nn_tensor_t *tensor = vsi_nn_GetTensor(graph, graph->output.tensors[indices[i]]);

        outputs[i].count = (size_t)vsi_nn_GetElementNum(tensor);
        outputs[i].values = read_floats(graph, tensor, vsi_nn_GetElementNum(tensor));
        if (outputs[i].values == NULL)
        {
            VSILOGE("The values of output %u cannot be read.", indices[i]);
            status = VSI_FAILURE;
        }
    }
    return status;
}

@{viewFunction}

@{labelFunction}

@{frameFunction}

@{detectionFunction}

@{steps}
