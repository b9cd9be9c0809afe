/**
 * Test data: scripts in the manner of the vendor's demo folders, with the command lines of user guide 3.4 and 3.5.
 */

/** How every one of the scripts finds the program. */
export const head = (name: string): string => `#!/bin/bash

NAME=${name}
ACUITY_PATH=../bin/

pegasus=\${ACUITY_PATH}pegasus
if [ ! -e "$pegasus" ]; then
    pegasus=\${ACUITY_PATH}pegasus.py
fi
`;

/** Step 1 of the guide: import and input description. */
export const importModel = (name: string): string => `${head(name)}
$pegasus import onnx \\
    --model ./model/\${NAME}.onnx \\
    --output-data \${NAME}.data \\
    --output-model \${NAME}.json \\
#   --inputs "input" --input-size-list "1,28,28"

$pegasus generate inputmeta \\
    --model \${NAME}.json \\
    --input-meta-output \${NAME}_inputmeta.yml \\
    --channel-mean-value "0 0 0 0.00392156" \\
    --source-file dataset.txt
`;

/** Step 2. */
export const quantizeModel = (name: string, more = ''): string => `${head(name)}
$pegasus  quantize \\
\t--quantizer asymmetric_affine \\
\t--qtype uint8 \\
\t--rebuild ${more}\\
\t--with-input-meta  \${NAME}_inputmeta.yml \\
\t--model  \${NAME}.json \\
\t--model-data  \${NAME}.data \\
# --batch-size 16 --iterations 10
`;

/** Step 3, without packing. */
export const exportCase = (name: string, model = '${NAME}.json'): string => `${head(name)}
$pegasus export ovxlib\\
    --model ${model} \\
    --model-data \${NAME}.data \\
    --model-quantize \${NAME}.quantize \\
    --with-input-meta \${NAME}_inputmeta.yml \\
    --dtype quantized \\
    --optimize VIPNANOQI_PID0X88  \\
    --viv-sdk \${ACUITY_PATH}vcmdtools
`;

/** Step 4. */
export const inference = (name: string, more = '', program = '$pegasus'): string => `${head(name)}
${program} inference \\
    --dtype quantized ${more}\\
    --model \${NAME}.json --model-data \${NAME}.data \\
    --with-input-meta \${NAME}_inputmeta.yml
`;
