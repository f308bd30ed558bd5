#include "triloop/prepared_message.h"

#include "websocket/encoded.h"

namespace triloop {

PreparedMessage::PreparedMessage(const Message& message)
    : encoded_(std::make_shared<const Encoded>(message)) {}

MessageType PreparedMessage::type() const { return encoded_->type(); }
std::string_view PreparedMessage::data() const { return encoded_->payload(); }

}  // namespace triloop
