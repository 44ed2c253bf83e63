// Text that functions make, kept within bounds.
#ifndef PISTIS_ENGINE_EXPR_TEXT_BUILDER_H_
#define PISTIS_ENGINE_EXPR_TEXT_BUILDER_H_

#include <string>
#include <utility>

#include "absl/strings/string_view.h"

#include "engine/expr/value.h"

namespace pistis::expr {

// Collects pieces; beyond kMaxTextBytes it takes no more.
class TextBuilder {
 public:
  void Append(absl::string_view piece) {
    full_ = full_ || text_.size() + piece.size() > kMaxTextBytes;
    if (!full_) text_.append(piece.data(), piece.size());
  }
  [[nodiscard]] bool full() const { return full_; }

  // The text; an error value (kTooLarge) where not all of it had room.
  [[nodiscard]] Value Finish() && {
    return full_ ? Value::Error(ErrorCode::kTooLarge)
                 : Value::String(std::move(text_));
  }

 private:
  std::string text_;
  bool full_ = false;
};

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_TEXT_BUILDER_H_
