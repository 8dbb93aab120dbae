// One function a tensor type (io/ggml_type.h): blocks to float32. Each operation is rounded by
// itself as in the reference: this file's source is compiled without fused multiply-add.
#pragma once

#include <cstddef>
#include <cstdint>

namespace headscope {

void dequantise_f32(const std::byte* blocks, int64_t count, float* out);
void dequantise_f16(const std::byte* blocks, int64_t count, float* out);
void dequantise_bf16(const std::byte* blocks, int64_t count, float* out);
void dequantise_q4_0(const std::byte* blocks, int64_t count, float* out);
void dequantise_q4_1(const std::byte* blocks, int64_t count, float* out);
void dequantise_q5_0(const std::byte* blocks, int64_t count, float* out);
void dequantise_q5_1(const std::byte* blocks, int64_t count, float* out);
void dequantise_q8_0(const std::byte* blocks, int64_t count, float* out);
void dequantise_q2_k(const std::byte* blocks, int64_t count, float* out);
void dequantise_q3_k(const std::byte* blocks, int64_t count, float* out);
void dequantise_q4_k(const std::byte* blocks, int64_t count, float* out);
void dequantise_q5_k(const std::byte* blocks, int64_t count, float* out);
void dequantise_q6_k(const std::byte* blocks, int64_t count, float* out);
void dequantise_iq4_nl(const std::byte* blocks, int64_t count, float* out);
void dequantise_iq4_xs(const std::byte* blocks, int64_t count, float* out);
void dequantise_mxfp4(const std::byte* blocks, int64_t count, float* out);

}  // namespace headscope
