/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the plugin takes from the C++ library and from the compiler. The library's
 * headers come first: the compiler's forbid words that they use.
 */
#ifndef KSPAN_ESCAPE_GCC_COMMON_H
#define KSPAN_ESCAPE_GCC_COMMON_H

#include <climits>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "gcc-plugin.h"
#include "plugin-version.h"
#include "tree.h"
#include "tree-pass.h"
#include "context.h"
#include "function.h"
#include "basic-block.h"
#include "gimple.h"
#include "gimple-iterator.h"
#include "gimple-ssa.h"
#include "ssa.h"
#include "cgraph.h"
#include "cfgloop.h"
#include "cfgexpand.h"
#include "tree-pretty-print.h"
#include "gimple-pretty-print.h"
#include "pretty-print.h"
#include "diagnostic.h"
#include "stringpool.h"
#include "attribs.h"
#include "fold-const.h"
#include "gimple-fold.h"
#include "tree-cfg.h"
#include "tree-into-ssa.h"
#include "tree-dfa.h"
#include "gimplify.h"
#include "tree-phinodes.h"
#include "ssa-iterators.h"
#include "stor-layout.h"
#include "langhooks.h"
#include "toplev.h"
#include "options.h"

#endif
