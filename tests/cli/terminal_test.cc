// Columns, cut texts and progress lines: what can be checked without a terminal.
#include "terminal.h"

#include <gtest/gtest.h>

namespace headscope::cli {
namespace {

TEST(Terminal, CellsHaveTheirWidth) {
  struct Row {
    const char* text;
    int width;
    Align align;
    const char* expected;
  };
  const Row rows[] = {
      {"went", 6, Align::kLeft, "went  "},
      {"went", 6, Align::kRight, "  went"},
      {"strawberries", 6, Align::kLeft, "straw…"},
      {"東京", 6, Align::kLeft, "東京  "},
      {"東京都庁", 6, Align::kLeft, "東京… "},
      {"e\u0301te\u0301", 4, Align::kRight, " e\u0301te\u0301"},
      {"a\033[2Jb", 8, Align::kLeft, "a\uFFFD[2Jb  "},
      {"\xFF", 2, Align::kLeft, "\uFFFD "},
      {"", 2, Align::kLeft, "  "},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(cell(row.text, row.width, row.align), row.expected) << row.text;
    EXPECT_EQ(display_width(cell(row.text, row.width, row.align)), row.width) << row.text;
  }
}

TEST(Terminal, ProgressSaysHowMuchHowFastHowLong) {
  struct Row {
    const char* unit;
    int64_t done, total;
    double seconds;
    const char* expected;
  };
  const Row rows[] = {
      {"", 3, 12, 0.5, "Work: 25 %"},
      {"", 3, 12, 10, "Work: 25 %, 30 s left"},
      {"segments", 120, 300, 4, "Work: 120 of 300 segments (40 %), 30/s, 6 s left"},
      {"segments", 120, 0, 4, "Work: 120 segments, 30/s"},
      {"segments", 5, 300, 4, "Work: 5 of 300 segments (1 %), 1.2/s, 4 min left"},
      {"segments", 300, 300, 4, "Work: 300 of 300 segments (100 %), 75/s"},
      {"segments", 0, 300, 4, "Work: 0 of 300 segments (0 %)"},
      {"B", 128400000, 407300000, 24.7, "Work: 128.4 MB of 407.3 MB (31 %), 5.2 MB/s, 54 s left"},
      {"B", 512000, 0, 1, "Work: 512 kB"},
      {"rows", 1, 10000, 2, "Work: 1 of 10000 rows (0 %), 0.5/s, 5 h 33 min left"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(progress_text("Work", row.unit, row.done, row.total, row.seconds), row.expected);
  }
}

}  // namespace
}  // namespace headscope::cli
