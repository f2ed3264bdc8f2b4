"""The steps of training.ts in PyTorch: prints the milliseconds of each as JSON. Needs torch and transformers.

    python torch_step.py small|base STEPS
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
import transformers

torch.set_num_threads(2)
ROWS, TOKENS = 16, 64
size, steps = sys.argv[1], int(sys.argv[2])
no_dropout = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
if size == "small":
    config = transformers.BertConfig(
        vocab_size=30522, hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536, **no_dropout
    )
    encoder = transformers.BertModel(config, add_pooling_layer=False)
else:
    config = transformers.RobertaConfig(vocab_size=50265, max_position_embeddings=514, type_vocab_size=1, **no_dropout)
    encoder = transformers.RobertaModel(config, add_pooling_layer=False)
heads = {classes: torch.nn.Linear(config.hidden_size, classes) for classes in (3, 20)}
parameters = [*encoder.parameters(), *(p for head in heads.values() for p in head.parameters())]
optimiser = torch.optim.AdamW(parameters, lr=1e-5, fused=True)
ids = (1000 + torch.arange(ROWS * TOKENS) * 7919 % 29000).view(ROWS, TOKENS)
mask = torch.ones_like(ids)
labels = {classes: torch.arange(ROWS) % classes for classes in heads}
times = []
for step in range(-3, steps):
    begin = time.perf_counter()
    optimiser.zero_grad()
    pooled = encoder(input_ids=ids, attention_mask=mask).last_hidden_state.mean(1)
    loss = sum(F.cross_entropy(head(pooled), labels[classes]) for classes, head in heads.items())
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimiser.step()
    if step >= 0:
        times.append(1000 * (time.perf_counter() - begin))
print(json.dumps(times))
