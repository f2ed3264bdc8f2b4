/** What `barograph train --example` prints: a configuration with every key. A test reads it with the loader, with each method. */
export const TRAINING_TEMPLATE = `# Fine-tuning. Start with: barograph train --config train.yaml
# Only \`start\` and \`data\` are required. Every other key stands here with its default.

# Folder of a checkpoint in Hugging Face's layout (BERT or RoBERTa family: config.json, model.safetensors, tokenizer.json), such as
# \`barograph models pull\` prints, or the folder model/ of an earlier run, whose heads then go on as well.
start: ./all-MiniLM-L6-v2

# Where everything goes: bundle/, model/, report.html, history.ndjson. A run that was killed goes on from here.
output: ./training
name: trained                # of the bundle
seed: 1                      # the same seed, data and machine give the same weights

data:
  - file: tweets.csv         # CSV or NDJSON, .gz too, relative to this file
    task: sentiment          # sentiment or topic
    text: text               # names of the columns
    label: label
    labels: [negative, positive, neutral]   # what the numbers 0, 1, 2 mean; leave out where labels are names
  - file: headlines.csv
    task: sentiment
    entity: company          # the sentiment is towards this company in the text
  - file: topics.csv
    task: topic
# topics: [Earnings, Dividend, Macro]       # order of the topics; by name without
contradictions: refuse       # equal texts with different labels: refuse, drop or keep

split:
  # file: split.csv          # of \`barograph data split\`; without, texts are parted by near-duplicate group
  validation: 0.1
  test: 0.1

max_tokens: 128              # a longer text loses its end

# What is trained. Choose one:
method:
  kind: full                 # everything: the best result where there are thousands of texts
# method:
#   kind: frozen-embeddings  # all but the embeddings: rare words keep what they meant
# method:
#   kind: top-layers         # the heads and the last layers: twice as fast
#   layers: 2
# method:
#   kind: heads              # the heads only: four times as fast, for a first look
# method:
#   kind: biases             # BitFit: biases and heads
# method:
#   kind: lora               # low-rank adapters, merged into the weights afterwards; wants a higher learning_rate, such as 5e-4
#   rank: 8
#   alpha: 16
#   dropout: 0
#   targets: [query, value]  # of query, key, value, output, up, down

optimizer:
  kind: adamw
  learning_rate: 5e-5
  weight_decay: 0.01         # not of biases and norms
  beta1: 0.9
  beta2: 0.999
  epsilon: 1e-8
# optimizer:
#   kind: sgd
#   learning_rate: 0.01
#   weight_decay: 0.01
#   momentum: 0.9
schedule:
  kind: linear               # linear, cosine or constant
  warmup: 0.06               # share of the steps in which the rate rises
layer_decay: 1               # 0.9: each layer learns 0.9 times as fast as the one above it
max_grad_norm: 1
dropout:
  hidden: 0.1
  attention: 0.1
  classifier: 0.1
label_smoothing: 0
class_weights: none          # or balanced: rare classes weigh more

epochs: 3
batch_size: 32
batch_tokens: 4096           # padded tokens of a batch, at most
accumulation: 1              # batches whose gradients make one step
validation:
  every: 0.5                 # epochs
  patience: 4                # validations without a better one after which the run ends
  metric: macro_f1           # macro_f1, accuracy or loss, the mean over the tasks

# threads: 2                 # of ONNX Runtime; one a core without
int8: true                   # the bundle's model in int8: small and fast, and its scores do not depend on the batch
`;
