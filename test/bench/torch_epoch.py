"""The epoch of training-epoch.ts in PyTorch: prints texts a second. Needs torch and transformers.

    python torch_epoch.py TWEETS.json ROWS FIRST STEPS SEED
"""

import json
import random
import sys
import time

import torch
import torch.nn.functional as F
import transformers

torch.set_num_threads(2)
tweets = json.load(open(sys.argv[1]))
rows, first, steps, seed = map(int, sys.argv[2:])
config = transformers.BertConfig(
    vocab_size=30522, hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536
)
encoder = transformers.BertModel(config, add_pooling_layer=False)
heads = {"sentiment": torch.nn.Linear(384, 3), "topic": torch.nn.Linear(384, 20)}
parameters = [*encoder.parameters(), *(p for head in heads.values() for p in head.parameters())]
optimiser = torch.optim.AdamW(parameters, lr=1e-5, fused=True)
encoder.train()
random.Random(seed).shuffle(tweets)
begin = 0.0
for step in range(first + steps):
    if step == first:
        begin = time.perf_counter()
    batch = tweets[rows * step : rows * (step + 1)]
    longest = max(len(tweet["ids"]) for tweet in batch)
    ids = torch.tensor([tweet["ids"] + [0] * (longest - len(tweet["ids"])) for tweet in batch])
    mask = torch.tensor([[1] * len(tweet["ids"]) + [0] * (longest - len(tweet["ids"])) for tweet in batch])
    optimiser.zero_grad()
    states = encoder(input_ids=ids, attention_mask=mask).last_hidden_state
    pooled = (states * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True)
    pooled = F.dropout(pooled, 0.1)
    loss = torch.zeros(())
    for name, head in heads.items():
        labels = torch.tensor([tweet["labels"].get(name, -100) for tweet in batch])
        if (labels >= 0).any():
            loss = loss + F.cross_entropy(head(pooled), labels, ignore_index=-100)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimiser.step()
print(rows * steps / (time.perf_counter() - begin))
