#include "headscope/corpus.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "corpus/fake_runner.h"
#include "headscope/error.h"

namespace headscope {
namespace {

namespace fs = std::filesystem;

// A folder of its own for every test.
class Corpus : public testing::Test {
 protected:
  Corpus() {
    std::string name = (fs::temp_directory_path() / "headscope-corpus-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~Corpus() override { fs::remove_all(folder_); }
  std::string file(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return (folder_ / name).string();
  }
  fs::path folder_;
};

// "document:line a|b" for every text.
std::vector<std::string> read(CorpusReader& reader) {
  std::vector<std::string> out;
  while (const auto text = reader.next()) {
    out.push_back(std::to_string(text->document) + ":" + std::to_string(text->line) + " " +
                  text->a + (text->b ? "|" + *text->b : ""));
  }
  return out;
}

const char* const kDogs =
    "# newdoc\n# text = Dogs don't bark.\n"
    "1\tDogs\tdog\tNOUN\t_\t_\t4\tnsubj\t_\t_\n"
    "2-3\tdon't\t_\t_\t_\t_\t_\t_\t_\t_\n"
    "2\tdo\tdo\tAUX\t_\t_\t4\taux\t_\t_\n"
    "3\tn't\tnot\tPART\t_\t_\t4\tadvmod\t_\t_\n"
    "4\tbark\tbark\tVERB\t_\t_\t0\troot\t_\tSpaceAfter=No\n"
    "4.1\t_\t_\t_\t_\t_\t_\t_\t_\t_\n"
    "5\t.\t.\tPUNCT\t_\t_\t4\tpunct\t_\t_\n\n";

struct ReadCase {
  const char* name;
  const char* content;
  std::vector<std::string> texts;
};

TEST_F(Corpus, IsReadByItsExtensionAndAgainAfterRewind) {
  const ReadCase cases[] = {
      {"a.txt", "\xEF\xBB\xBFone\r\n two \n\n \nthree", {"0:1 one", "0:2  two ", "1:5 three"}},
      {"b.log", "{a: 1}\n1\tGo\n", {"0:1 {a: 1}", "0:2 1\tGo"}},
      {"c.jsonl",
       "\"x y\"\n{\"a\": \"p\", \"b\": \"q\"}\n\n{\"text\": \"r\", \"b\": null}\n",
       {"0:1 x y", "0:2 p|q", "1:4 r"}},
      {"d.conllu",
       "# sent_id = 1\n1\tGo\tgo\tVERB\t_\t_\t0\troot\t_\t_\n\n\n# newdoc id = 2\n"
       "1\tNo\tno\tINTJ\t_\t_\t0\troot\t_\t_",
       {"0:2 Go", "1:6 No"}},
      {"e.txt", "", {}},
  };
  for (const ReadCase& c : cases) {
    CorpusReader reader({file(c.name, c.content)});
    EXPECT_EQ(read(reader), c.texts) << c.name;
    reader.rewind();
    EXPECT_EQ(read(reader), c.texts) << c.name << " again";
    EXPECT_EQ(reader.invalid_utf8(), "");
  }
  // Other formats under a name that does not say so.
  for (const std::string line : {"{\"a\": 1}", "1\tGo\tgo\tVERB\t_\t_\t0\troot\t_\t_"}) {
    EXPECT_THROW(CorpusReader({file("h.log", "\n# x\n" + line + "\n")}), Error) << line;
    CorpusReader said({file("h.log", line + "\n")}, CorpusFormat::kText);
    EXPECT_EQ(read(said), std::vector<std::string>{"0:1 " + line});
  }
  // Each file begins a document; --format overrides the extension.
  CorpusReader two({file("f.txt", "one\ntwo\n"), file("g.conllu", "three\n")}, CorpusFormat::kText);
  EXPECT_EQ(read(two), (std::vector<std::string>{"0:1 one", "0:2 two", "1:1 three"}));
}

TEST_F(Corpus, KeepsATreebanksWordsInTheirPlaces) {
  CorpusReader reader({file("dogs.conllu", kDogs)});
  const auto text = reader.next();
  ASSERT_TRUE(text && text->annotation);
  EXPECT_EQ(text->a, "Dogs don't bark.");
  EXPECT_EQ(text->annotation->words,
            (std::vector<Range>{{0, 4}, {5, 7}, {7, 10}, {11, 15}, {15, 16}}));
  EXPECT_EQ(text->annotation->head, (std::vector<int32_t>{3, 3, 3, -1, 3}));
  EXPECT_EQ(text->annotation->relation,
            (std::vector<std::string>{"nsubj", "aux", "advmod", "root", "punct"}));
}

struct BadCase {
  const char* name;
  std::string content;
  const char* message;  // part of it
};

std::string word(const std::string& id, const std::string& head,
                 const std::string& relation = "dep") {
  return id + "\tw\tw\tX\t_\t_\t" + head + "\t" + relation + "\t_\t_\n";
}

TEST_F(Corpus, NamesTheLineOfWhatIsBroken) {
  const BadCase cases[] = {
      {"columns.conllu", word("1", "0") + "2\tw\tw\n", "line 2: 3 columns"},
      {"order.conllu", "# c\n" + word("1", "0") + word("3", "1"), "line 3: ID \"3\""},
      {"number.conllu", word("one", "0"), "line 1: ID \"one\""},
      {"head.conllu", word("1", "0") + word("2", "7"), "line 2: HEAD 7"},
      {"head-self.conllu", word("1", "1"), "line 1: HEAD \"1\""},
      {"head-none.conllu", word("1", "0") + word("2", "_", "_"), "line 2: HEAD \"_\""},
      {"head-empty.conllu", word("1", ""), "line 1: HEAD \"\""},
      {"withheld.conllu",
       "# sent_id = w0\n1\t_\t_\tX\t_\t_\t0\troot\t_\t_\n2\t_\t_\tX\t_\t_\t1\tdep\t_\t_\n"
       "3\t.\t.\tX\t_\t_\t1\tpunct\t_\t_\n",
       "line 2: every FORM is \"_\", so the words are withheld"},
      {"head-huge.conllu", word("1", "99999999999999999999"), "line 1: HEAD"},
      {"relation.conllu", word("1", "0", "_"), "line 1: no relation"},
      {"roots.conllu", word("1", "0") + word("2", "0"), "line 1: a sentence with 2 roots"},
      {"cycle.conllu", word("1", "0") + word("2", "3") + word("3", "2"),
       "line 2: a word below itself"},
      {"form.conllu", "1\t\tw\tX\t_\t_\t0\troot\t_\t_\n", "line 1: a word without a form"},
      {"multiword.conllu", word("1-3", "_") + word("1", "0"), "line 1: a multiword token without"},
      {"multiword-wild.conllu", word("1-999999999", "_") + word("1", "0"), "line 1: ID"},
      {"multiword-late.conllu", word("1", "0") + word("1-2", "_"), "line 2: ID"},
      {"empty.conllu", word("1.1", "_"), "line 1: a sentence without words"},
      {"broken.jsonl", "\"fine\"\n{\"a\": \n", "line 2"},
      {"list.jsonl", "[1]\n", "line 1: an array"},
      {"no-text.jsonl", "{\"b\": \"x\"}\n", "line 1"},
      {"number.jsonl", "{\"a\": 3}\n", "line 1"},
      {"truncate.jsonl", "{\"a\": \"x\", \"max_tokens\": 3}\n", "line 1: \"max_tokens\""},
  };
  for (const BadCase& c : cases) {
    CorpusReader reader({file(c.name, c.content)});
    try {
      read(reader);
      ADD_FAILURE() << c.name << " was read";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput) << c.name;
      EXPECT_NE(std::string(error.what()).find(c.message), std::string::npos)
          << c.name << ": " << error.what();
      EXPECT_NE(std::string(error.what()).find(c.name), std::string::npos) << error.what();
    }
  }
  EXPECT_THROW(CorpusReader({(folder_ / "none.txt").string()}), Error);
  EXPECT_THROW(CorpusReader({folder_.string()}), Error);
}

TEST_F(Corpus, KnowsItsFormatByExtensionInAnyCase) {
  for (const char* name : {"a.jsonl", "a.JSONL", "a.jsonlines", "x.d/a.NDJSON"}) {
    EXPECT_EQ(format_of_path(name), CorpusFormat::kJsonLines) << name;
  }
  for (const char* name : {"a.conllu", "A.CONLLU", "a.Conll"}) {
    EXPECT_EQ(format_of_path(name), CorpusFormat::kConllu) << name;
  }
  for (const char* name : {"-", "a", "a.txt", "a.TXT", "a.log", "x.json/a", "json", "a.md"}) {
    EXPECT_EQ(format_of_path(name), CorpusFormat::kText) << name;
  }
  for (const char* name : {"a.json", "a.JSON", "a.conllup", "a.csv", "a.tsv", "a.xml", "a.html"}) {
    try {
      format_of_path(name);
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage) << name;
      EXPECT_NE(error.action().find("--format"), std::string::npos) << error.what();
    }
  }
  // What the extension would refuse, --format reads.
  CorpusReader reader({file("a.json", "{\"text\": \"x\"}\n")}, CorpusFormat::kJsonLines);
  EXPECT_EQ(read(reader), (std::vector<std::string>{"0:1 x"}));
}

TEST_F(Corpus, RefusesWhatIsNoText) {
  using namespace std::string_literals;
  for (const std::string& bytes : {"\x1F\x8B\x08\0"s, "PK\x03\x04"s, "\xFF\xFEt\0"s}) {
    EXPECT_THROW(CorpusReader({file("corpus.txt", bytes)}), Error);
  }
}

// CoNLL-U allows "_" in HEAD and DEPREL: the sentence is read, without a tree.
TEST_F(Corpus, ReadsATreebankWithoutHeads) {
  CorpusReader reader({file(
      "plain.conllu", word("1", "_", "_") + word("2", "_", "_") + "\n" + word("1", "0", "root"))});
  auto text = reader.next();
  ASSERT_TRUE(text);
  EXPECT_EQ(text->a, "w w");
  EXPECT_FALSE(text->annotation);
  text = reader.next();
  ASSERT_TRUE(text);
  EXPECT_TRUE(text->annotation);
  // A word "_" is a word.
  CorpusReader lone({file("lone.conllu", "1\t_\t_\tSYM\t_\t_\t0\troot\t_\t_\n")});
  EXPECT_EQ(lone.next()->a, "_");
}

TEST_F(Corpus, RefusesALineThatWouldFillTheMemory) {
  const std::string path = file("long.txt", "short\n");
  std::ofstream out(path, std::ios::app);
  const std::string block(size_t{1} << 20, 'x');
  for (int k = 0; k < 17; ++k) out << block;
  out.close();
  CorpusReader reader({path});
  EXPECT_TRUE(reader.next());
  EXPECT_THROW(reader.next(), Error);
}

TEST_F(Corpus, ReadsInvalidBytesAsReplacementCharacters) {
  CorpusReader reader({file("bad.txt", "good\nb\xFFx\n\xC3\n")});
  EXPECT_EQ(read(reader),
            (std::vector<std::string>{"0:1 good", "0:2 b\xEF\xBF\xBDx", "0:3 \xEF\xBF\xBD"}));
  EXPECT_NE(reader.invalid_utf8().find("byte 6, line 2"), std::string::npos)
      << reader.invalid_utf8();
}

std::vector<std::string> pack(const std::string& path, SegmentOptions options) {
  const FakeRunner runner(24);
  CorpusReader reader({path});
  SegmentStream stream(reader, runner, options);
  std::vector<std::string> out;
  while (const auto segment = stream.next()) {
    out.push_back(segment->a + (segment->b ? "|" + *segment->b : ""));
    EXPECT_LE(stream.input(*segment).text.size(), stream.max_tokens());
  }
  return out;
}

// By hand from the recipe: whole sentences of a document, greedily, cut nearest the middle.
TEST_F(Corpus, PacksWholeSentencesIntoPairs) {
  const std::string path = file("p.txt",
                                "a b c\n"    // 3 pieces
                                "d e\n"      // 5 → A "a b c", B "d e"
                                "f g h i\n"  // would be 9 > 7
                                "j\nk l\n"   // 4, 5, 7 → A "f g h i", B "j k l"
                                "m n o p q\n"
                                "\n"
                                "r s\n"  // "m n o p q" stands alone in its document: dropped
                                "t u+v\n"
                                "w\n");
  SegmentOptions options;
  options.pairs = true;
  options.max_tokens = 10;
  EXPECT_EQ(pack(path, options),
            (std::vector<std::string>{"a b c|d e", "f g h i|j k l", "r s|t u+v w"}));
  options.pairs = false;
  EXPECT_EQ(pack(path, options).size(), 9u);
  options.pairs = true;
  options.max_tokens = 7;
  EXPECT_THROW(pack(path, options), Error) << "a sentence of 5 pieces where 4 fit";
  options.max_tokens = 3;
  EXPECT_THROW(pack(path, options), Error);
  options.max_tokens = 25;
  EXPECT_THROW(pack(path, options), Error) << "more than the model's positions";
}

TEST_F(Corpus, NamesTheLineThatIsTooLong) {
  std::string longer = "w";
  for (int k = 0; k < 30; ++k) longer += " w";
  try {
    pack(file("long.txt", "fine\n" + longer + "\n"), {});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    EXPECT_EQ(error.id(), "HS-LEN-01");
    const std::string message = error.what();
    for (const char* part : {"line 2", "33", "24"}) {
      EXPECT_NE(message.find(part), std::string::npos) << message;
    }
  }
}

TEST_F(Corpus, KeepsThePlaceOfEverySentenceInASegment) {
  const FakeRunner runner(64);
  CorpusReader reader({file("dogs.conllu", std::string(kDogs) + kDogs + kDogs)});
  SegmentOptions options;
  options.pairs = true;
  options.max_tokens = 12;
  reader.rewind();
  SegmentStream stream(reader, runner, options);
  // Every sentence begins a document here, so no pair comes about.
  EXPECT_FALSE(stream.next());
  std::string one_document = std::string(kDogs) + kDogs + kDogs;
  one_document = one_document.substr(one_document.find('\n') + 1);
  for (size_t at; (at = one_document.find("# newdoc\n")) != std::string::npos;) {
    one_document.erase(at, 9);
  }
  CorpusReader again({file("one.conllu", one_document)});
  SegmentStream pairs(again, runner, options);
  const auto segment = pairs.next();
  ASSERT_TRUE(segment);
  ASSERT_EQ(segment->sentences.size(), 3u);
  EXPECT_EQ(segment->a, "Dogs don't bark.");
  EXPECT_EQ(segment->b, "Dogs don't bark. Dogs don't bark.");
  EXPECT_FALSE(segment->sentences[0].in_b);
  EXPECT_TRUE(segment->sentences[2].in_b);
  EXPECT_EQ(segment->sentences[2].offset, 17);
  EXPECT_EQ(segment->sentences[2].annotation->words.size(), 5u);
}

// Expected: Python's segments[int(i * count / wanted)].
TEST(Sample, TakesEvenlySpacedThings) {
  const auto taken = [](int64_t count, std::optional<int64_t> wanted) {
    Sample sample(count, wanted);
    std::vector<int64_t> out;
    for (int64_t k = 0; k < count; ++k) {
      const int64_t index = sample.index_of(k);
      if (index < 0) continue;
      EXPECT_EQ(index, static_cast<int64_t>(out.size()));
      out.push_back(k);
    }
    EXPECT_EQ(sample.size(), static_cast<int64_t>(out.size()));
    return out;
  };
  EXPECT_EQ(taken(10, 4), (std::vector<int64_t>{0, 2, 5, 7}));
  EXPECT_EQ(taken(3, 5), (std::vector<int64_t>{0, 1, 2}));
  EXPECT_EQ(taken(3, std::nullopt), (std::vector<int64_t>{0, 1, 2}));
  EXPECT_EQ(taken(0, 3), std::vector<int64_t>{});
}

}  // namespace
}  // namespace headscope
