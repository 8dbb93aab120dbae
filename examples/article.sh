#!/bin/sh
# Every figure of J. Vig's "Deconstructing BERT" and of its second part, from the trace that is built
# into the program: neither a model nor a network is needed.
#   examples/article.sh [FOLDER [svg|pdf|png]]      HEADSCOPE names the program
set -eu
folder=${1:-article-figures}
format=${2:-pdf}
headscope=${HEADSCOPE:-headscope}
mkdir -p "$folder"

# Part 1: the six patterns, all words beside the article's word.
pattern() {  # NUMBER HEAD WORD
  "$headscope" render head --trace demo --heads "$2" --pin "$3" --panels both \
    -o "$folder/pattern-$1-$2.$format"
}
pattern 1 L2H0 q1     # next word: "i"
pattern 2 L6H11 q2    # previous word: "went"
pattern 3 L2H6 q5     # identical or related words: the first "store"
pattern 4 L10H10 q10  # … in the other sentence: the second "store"
pattern 5 L2H1 q16    # words that predict the word: "##berries"
pattern 6 L6H4 q5     # delimiter tokens: the first "store"

# Part 2: how a weight comes about, neuron by neuron.
neuron() {  # NAME HEAD QUERY KEY
  "$headscope" render neuron --trace demo --heads "$2" --pin "$3,$4" -o "$folder/neurons-$1-$2.$format"
}
neuron next-word L2H0 q4 k5     # "the" to "store"
neuron sep L7H3 q5 k7           # "store" to [SEP]
neuron bag-of-words L0H0 q5 k4  # within the sentence

# The whole model, and what each head does on this text.
"$headscope" render model --trace demo -o "$folder/model.$format"
"$headscope" render map --trace demo -o "$folder/patterns.$format"
"$headscope" render matrix --trace demo --heads L2H0,L6H11,L2H6,L6H4 -o "$folder/matrices.$format"
