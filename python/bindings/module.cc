#include "bindings.h"
#include "headscope/threads.h"
#include "headscope/version.h"

NB_MODULE(_core, module) {
  using namespace headscope;
  module.doc() = "headscope's engine; use the names of the package `headscope`";
  python::bind_errors(module);
  python::bind_trace(module);
  python::bind_model(module);
  python::bind_analysis(module);
  module.def("version", &version, "The version of the engine");
  module.def(
      "set_threads",
      [](int count) {
        python::compute(nanobind::none(), [&](const RunControl&) { set_max_threads(count); });
      },
      nanobind::arg("count"),
      "How many threads compute; 0 = all processors. Results never depend on it.");
}
