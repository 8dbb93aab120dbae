// CSV: csv_field, csv_number and csv_row are public, headscope/output.h has them.
#pragma once

#include "headscope/output.h"
