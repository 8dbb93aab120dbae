#include "io/pickle.h"

#include <bit>
#include <string>
#include <unordered_map>

#include "headscope/error.h"

namespace headscope {
namespace {

using Kind = PickleValue::Kind;

// A model of 20,000 tensors takes about half a million values.
constexpr size_t kMaxValues = 4'000'000;
constexpr size_t kMaxOpcodes = 32'000'000;
// No class that is allowed has a longer name.
constexpr size_t kMaxLine = 1024;

// pickletools' names of the opcodes that are read.
enum Opcode : uint8_t {
  MARK = '(',
  STOP = '.',
  NONE = 'N',
  NEWTRUE = 0x88,
  NEWFALSE = 0x89,
  BININT = 'J',
  BININT1 = 'K',
  BININT2 = 'M',
  LONG1 = 0x8a,
  BINFLOAT = 'G',
  SHORT_BINSTRING = 'U',
  BINSTRING = 'T',
  SHORT_BINUNICODE = 0x8c,
  BINUNICODE = 'X',
  BINUNICODE8 = 0x8d,
  EMPTY_TUPLE = ')',
  TUPLE1 = 0x85,
  TUPLE2 = 0x86,
  TUPLE3 = 0x87,
  TUPLE = 't',
  EMPTY_LIST = ']',
  APPEND = 'a',
  APPENDS = 'e',
  EMPTY_DICT = '}',
  SETITEM = 's',
  SETITEMS = 'u',
  BINPUT = 'q',
  LONG_BINPUT = 'r',
  MEMOIZE = 0x94,
  BINGET = 'h',
  LONG_BINGET = 'j',
  GLOBAL = 'c',
  STACK_GLOBAL = 0x93,
  REDUCE = 'R',
  BUILD = 'b',
  BINPERSID = 'Q',
  PROTO = 0x80,
  FRAME = 0x95,
};

std::string hex(uint8_t byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  return {'0', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
}

class Machine {
 public:
  Machine(ByteCursor& cursor, AllowedGlobal allowed) : cursor_(cursor), allowed_(allowed) {}

  Pickle run() {
    for (size_t count = 0; count < kMaxOpcodes; ++count) {
      const auto opcode = static_cast<uint8_t>(cursor_.take(1)[0]);
      if (opcode == STOP) {
        pickle_.root = pop();
        return std::move(pickle_);
      }
      if (!number(opcode) && !text(opcode) && !container(opcode) && !memo(opcode) &&
          !object(opcode)) {
        cursor_.refuse("holds the pickle opcode " + hex(opcode) +
                       ", which no file of tensors needs");
      }
    }
    cursor_.refuse("holds more than " + std::to_string(kMaxOpcodes) + " pickle opcodes");
  }

 private:
  bool number(uint8_t opcode) {
    switch (opcode) {
      case NONE:
        push(Kind::kNone);
        return true;
      case NEWTRUE:
        push(Kind::kBool).integer = 1;
        return true;
      case NEWFALSE:
        push(Kind::kBool).integer = 0;
        return true;
      case BININT:
        push(Kind::kInt).integer = static_cast<int32_t>(cursor_.u32());
        return true;
      case BININT1:
        push(Kind::kInt).integer = byte();
        return true;
      case BININT2:
        push(Kind::kInt).integer = cursor_.u16();
        return true;
      case LONG1:
        push_long(cursor_.take_text(byte()));
        return true;
      case BINFLOAT: {
        // The only big-endian number of a pickle.
        const auto bits = __builtin_bswap64(cursor_.u64());
        push(Kind::kFloat).number = std::bit_cast<double>(bits);
        return true;
      }
      default:
        return false;
    }
  }

  // Little-endian two's complement of any length.
  void push_long(std::string_view bytes) {
    if (bytes.size() > sizeof(int64_t)) {
      push(Kind::kLong).text = bytes;
      return;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.size(); ++i) {
      value |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[i])) << (8 * i);
    }
    const bool negative = !bytes.empty() && (bytes.back() & 0x80) != 0;
    if (negative && bytes.size() < sizeof value) value |= ~uint64_t{0} << (8 * bytes.size());
    push(Kind::kInt).integer = static_cast<int64_t>(value);
  }

  bool text(uint8_t opcode) {
    uint64_t length = 0;
    switch (opcode) {
      case SHORT_BINSTRING:
      case SHORT_BINUNICODE:
        length = byte();
        break;
      case BINSTRING:
      case BINUNICODE:
        length = cursor_.u32();
        break;
      case BINUNICODE8:
        length = cursor_.u64();
        break;
      default:
        return false;
    }
    const std::string_view read = cursor_.take_text(length);
    push(Kind::kText).text = read;
    return true;
  }

  bool container(uint8_t opcode) {
    switch (opcode) {
      case MARK:
        marks_.push_back(stack_.size());
        return true;
      case EMPTY_TUPLE:
        tuple(0);
        return true;
      case TUPLE1:
        tuple(1);
        return true;
      case TUPLE2:
        tuple(2);
        return true;
      case TUPLE3:
        tuple(3);
        return true;
      case TUPLE:
        tuple(above_mark());
        return true;
      case EMPTY_LIST:
        push(Kind::kList);
        return true;
      case APPEND:
        extend(Kind::kList, 1);
        return true;
      case APPENDS:
        extend(Kind::kList, above_mark());
        return true;
      case EMPTY_DICT:
        push(Kind::kDict);
        return true;
      case SETITEM:
        extend(Kind::kDict, 2);
        return true;
      case SETITEMS:
        extend(Kind::kDict, above_mark());
        return true;
      default:
        return false;
    }
  }

  bool memo(uint8_t opcode) {
    switch (opcode) {
      case BINPUT:
        memo_[byte()] = top();
        return true;
      case LONG_BINPUT:
        memo_[cursor_.u32()] = top();
        return true;
      case MEMOIZE:
        memo_[static_cast<uint32_t>(memo_.size())] = top();
        return true;
      case BINGET:
        get(byte());
        return true;
      case LONG_BINGET:
        get(cursor_.u32());
        return true;
      default:
        return false;
    }
  }

  bool object(uint8_t opcode) {
    switch (opcode) {
      case GLOBAL: {
        const std::string_view module = line();
        global(module, line());
        return true;
      }
      case STACK_GLOBAL: {
        const std::string_view name = pop_text();
        global(pop_text(), name);
        return true;
      }
      case REDUCE:
        reduce();
        return true;
      case BUILD:
        // The attributes of an OrderedDict: PyTorch's version numbers.
        pop();
        if (pickle_[top()].kind != Kind::kDict) cursor_.refuse("sets attributes of no dictionary");
        return true;
      case BINPERSID: {
        const uint32_t id = pop();
        push(Kind::kPersistent).items = {id};
        return true;
      }
      case PROTO: {
        constexpr uint8_t kNewest = 5;
        if (byte() > kNewest) cursor_.refuse("is a pickle of a later protocol than 5");
        return true;
      }
      case FRAME:
        cursor_.u64();
        return true;  // only a hint how far to read ahead
      default:
        return false;
    }
  }

  void global(std::string_view module, std::string_view name) {
    if (!allowed_(module, name)) {
      throw Error(ErrorCode::kBadInput,
                  cursor_.source() + " names the Python object " + std::string(module) + "." +
                      std::string(name),
                  "a plain file of tensors, which names only PyTorch's own",
                  "Nothing in it was run. If you trust where it comes from, have its maker save it "
                  "as safetensors");
    }
    PickleValue& value = push(Kind::kGlobal);
    value.text = module;
    value.name = name;
  }

  void reduce() {
    const uint32_t arguments = pop(), function = pop();
    if (pickle_[function].kind != Kind::kGlobal || pickle_[arguments].kind != Kind::kTuple) {
      cursor_.refuse("calls something that is no function of the list");
    }
    if (pickle_[function].text == "collections" && pickle_[function].name == "OrderedDict") {
      ordered_dict(arguments);
      return;
    }
    push(Kind::kCall).items = {function, arguments};
  }

  // OrderedDict(), or as Python 2 wrote it OrderedDict([[key, value], …]).
  void ordered_dict(uint32_t arguments) {
    std::vector<uint32_t> items;
    const std::vector<uint32_t>& given = pickle_[arguments].items;
    if (given.size() > 1) cursor_.refuse("calls OrderedDict with several arguments");
    if (given.size() == 1) {
      const PickleValue& list = pickle_[given[0]];
      if (list.kind != Kind::kList) cursor_.refuse("makes an OrderedDict of something else");
      for (const uint32_t index : list.items) {
        const PickleValue& pair = pickle_[index];
        const bool sequence = pair.kind == Kind::kList || pair.kind == Kind::kTuple;
        if (!sequence || pair.items.size() != 2) cursor_.refuse("makes an OrderedDict of no pairs");
        items.insert(items.end(), pair.items.begin(), pair.items.end());
      }
      // A pickle may ask for one list many times: copies count towards the limit.
      copied_ += items.size();
      if (copied_ > kMaxValues) cursor_.refuse("copies one list too often");
    }
    push(Kind::kDict).items = std::move(items);
  }

  PickleValue& push(Kind kind) {
    if (pickle_.values.size() >= kMaxValues) {
      cursor_.refuse("holds more than " + std::to_string(kMaxValues) + " values in its pickle");
    }
    stack_.push_back(static_cast<uint32_t>(pickle_.values.size()));
    return pickle_.values.emplace_back(PickleValue{kind, 0, 0, {}, {}, {}});
  }

  uint32_t top() {
    const size_t floor = marks_.empty() ? 0 : marks_.back();
    if (stack_.size() <= floor) cursor_.refuse("takes a value where its pickle has none");
    return stack_.back();
  }

  uint32_t pop() {
    const uint32_t value = top();
    stack_.pop_back();
    return value;
  }

  std::string_view pop_text() {
    const PickleValue& value = pickle_[pop()];
    if (value.kind != Kind::kText) cursor_.refuse("names a Python object by something else");
    return value.text;
  }

  // The number of values since the last mark; removes the mark.
  size_t above_mark() {
    if (marks_.empty()) cursor_.refuse("closes a group that its pickle never opened");
    const size_t count = stack_.size() - marks_.back();
    marks_.pop_back();
    return count;
  }

  // The last `count` values of the stack, taken off it.
  std::vector<uint32_t> take(size_t count) {
    const size_t floor = marks_.empty() ? 0 : marks_.back();
    if (stack_.size() - floor < count) cursor_.refuse("takes values where its pickle has none");
    std::vector<uint32_t> items(stack_.end() - static_cast<ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return items;
  }

  void tuple(size_t count) {
    std::vector<uint32_t> items = take(count);
    push(Kind::kTuple).items = std::move(items);
  }

  // Moves the last `count` values into the container below them.
  void extend(Kind kind, size_t count) {
    const std::vector<uint32_t> items = take(count);
    PickleValue& target = pickle_.values[top()];
    if (target.kind != kind || (kind == Kind::kDict && count % 2 != 0)) {
      cursor_.refuse("puts values into something that cannot hold them");
    }
    target.items.insert(target.items.end(), items.begin(), items.end());
  }

  void get(uint32_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) cursor_.refuse("refers to a value that its pickle never kept");
    stack_.push_back(found->second);
  }

  uint8_t byte() { return static_cast<uint8_t>(cursor_.take(1)[0]); }

  std::string_view line() {
    const char* begin = nullptr;
    for (size_t length = 0; length < kMaxLine; ++length) {
      const std::string_view next = cursor_.take_text(1);
      if (!begin) begin = next.data();
      if (next[0] == '\n') return {begin, length};
    }
    cursor_.refuse("names a Python object in more than " + std::to_string(kMaxLine) + " bytes");
  }

  ByteCursor& cursor_;
  AllowedGlobal allowed_;
  Pickle pickle_;
  std::vector<uint32_t> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint32_t, uint32_t> memo_;
  size_t copied_ = 0;
};

}  // namespace

Pickle read_pickle(ByteCursor& cursor, AllowedGlobal allowed) {
  return Machine(cursor, allowed).run();
}

}  // namespace headscope
