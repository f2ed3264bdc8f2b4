"""Makes what transformers.js serves as `q8` of a checkpoint: ordinary dynamic int8. Needs torch, transformers, onnx, onnxruntime.

    python onnx_q8.py CHECKPOINT OUT
    python onnx_q8.py --roberta-base TOKENIZER CHECKPOINT     # writes a checkpoint of that size with random weights first
"""

import shutil
import sys
from pathlib import Path

import torch
import transformers
from onnxruntime.quantization import QuantType, quantize_dynamic

INPUTS = ["input_ids", "attention_mask", "token_type_ids"]


class Encoder(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, ids, mask, types):
        return self.model(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state


def quantize(checkpoint, out):
    (out / "onnx").mkdir(parents=True)
    for path in checkpoint.glob("*.json"):
        shutil.copy(path, out)
    model = transformers.AutoModel.from_pretrained(checkpoint, attn_implementation="eager").eval()
    ids = torch.ones(2, 8, dtype=torch.long)
    axes = {name: {0: "batch", 1: "tokens"} for name in [*INPUTS, "last_hidden_state"]}
    plain = out / "onnx" / "model.onnx"
    torch.onnx.export(
        Encoder(model),
        (ids, ids, torch.zeros_like(ids)),
        plain,
        input_names=INPUTS,
        output_names=["last_hidden_state"],
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )
    quantize_dynamic(plain, out / "onnx" / "model_quantized.onnx", weight_type=QuantType.QInt8)
    plain.unlink()


if sys.argv[1] == "--roberta-base":
    torch.manual_seed(1)
    config = transformers.RobertaConfig(
        vocab_size=50265, max_position_embeddings=514, type_vocab_size=1, pad_token_id=1, layer_norm_eps=1e-5
    )
    transformers.RobertaModel(config, add_pooling_layer=False).save_pretrained(sys.argv[3])
    for path in Path(sys.argv[2]).glob("*.json"):
        shutil.copy(path, sys.argv[3])
else:
    quantize(Path(sys.argv[1]), Path(sys.argv[2]))
