// Models that Ollama has fetched: a manifest by name and tag says which blob is the GGUF file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace headscope {

inline constexpr std::string_view kOllamaPrefix = "ollama:";

// $OLLAMA_MODELS, else ~/.ollama/models, /usr/share/ollama/.ollama/models: those that are there.
std::vector<std::filesystem::path> ollama_folders();

// The GGUF file of "ollama:NAME[:TAG]" (TAG: latest; NAME: "qwen3", "USER/NAME" or
// "HOST/USER/NAME", as Ollama spells it). Throws Error(kNotFound, HS-MODEL-01): no such model, with
// those that are there; Error(kBadInput): a manifest that is none, or whose file is missing.
std::filesystem::path find_ollama_model(const std::string& name);

// "ollama:NAME:TAG" of every model that is there, sorted.
std::vector<std::string> ollama_names();

}  // namespace headscope
