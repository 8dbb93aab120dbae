// All families that headscope runs; the tables themselves are in family_*.cc.
#pragma once

#include "model/family.h"

namespace headscope {

extern const Family kBert, kRoberta, kDistilbert, kElectra, kMpnet, kAlbert;  // family_bert.cc
extern const Family kDeberta;                                                 // family_deberta.cc
extern const Family kModernbert;                     // family_modernbert.cc
extern const Family kLlama, kPhi3, kGemma, kGptOss;  // family_llama.cc
extern const Family kGpt2, kGptNeox, kOpt, kBloom;   // family_gpt.cc
extern const Family kVit;                            // family_vit.cc
extern const Family kT5, kBart, kMarian;             // family_encoder_decoder.cc

}  // namespace headscope
