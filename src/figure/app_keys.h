// What the app alone has in its link (docs/decisions/070-link-keys-of-the-app.md) and figures heed,
// so that they draw exactly the state on screen: words marked as special (mk), pooling (po) and
// part (zm) of a matrix, kind of thumbnails (tn), layers (gl) and heads (gh) of the grid, order of
// neurons (no) and of their keys (nr), vectors before or after rotation (nv), the chosen link of
// the neuron view (at). The core keeps these entries in ViewState::unknown.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headscope/tensor.h"
#include "headscope/view_state.h"

namespace headscope {

bool figures_heed(std::string_view key);
// The entry's value; empty where the link has none.
std::string app_entry(const ViewState& state, std::string_view key);
// "0-3,7" of gl or gh: whether it names `number`; without the entry all are named. Throws
// Error(kUsage) where it is no such list.
bool names_number(const ViewState& state, std::string_view key, int number);
// zm: items [rows) and [cols) of the axes. Throws Error(kUsage) for what is no such part.
struct AxesPart {
  Range rows, cols;
};
std::optional<AxesPart> matrix_part(const ViewState& state);
// The pins of a neuron figure: the ends of the chosen link (at) stand for those of their sides, as
// in the page (chosenToken, web/src/base/pins.ts). Throws Error(kUsage) for what is no such link.
std::vector<Pin> neuron_pins(const ViewState& state);

}  // namespace headscope
