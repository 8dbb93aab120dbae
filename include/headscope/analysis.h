// All of the statistics' headers at once.
#pragma once

#include "headscope/statistics.h"
