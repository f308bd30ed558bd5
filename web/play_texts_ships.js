"use strict";

// Texts of the levels that are made of what ships: mistakes of the latch, the lanes and the connection.
(() => {
  const triloop = (window.triloop ??= {});
  const play = (triloop.play ??= {});
  const texts = (play.texts ??= {});

  Object.assign(texts, {
    "latch-without-flag": {
      title: "a latch without its flag",
      goal: "Tell peer and log different reasons.",
      does: "reader: fire(1000). processor: fire(1011). writer: wait(), tells the peer reason(), waits for both to end, logs reason().",
      idea: "Two threads fire the latch, and the writer asks twice for the reason.",
      why: "The second fire() replaced the reason between the writer's two looks: the peer was told one, the log another.",
      rule: "A latch remembers its first reason: whoever comes second changes nothing.",
      twin: "ships-latch",
      line: /bool fire\(|reason_ = std::move/,
      patches: [
        {
          code: "if (fired()) return false;  // before the lock",
          says: "Both may look before either has the lock, and both go in: the look belongs under the lock.",
        },
        {
          code: "fired_changed_.notify_one();",
          says: "That changes who is woken, and not which reason stays.",
        },
        {
          code: "if (reason_) return false;  // under the lock",
          right: true,
          says: "Only the first fire() has an effect. Whoever comes later is told that it came too late.",
        },
      ],
    },
    "starving-lane": {
      title: "a lane that starves the other",
      goal: "Let a flood of pongs hold the reply up.",
      does: "processor: push(reply), before all. reader: push_urgent() of three pongs. writer: pop() twice, and sends.",
      idea: "The reply is there first. How many pongs can be there before the writer has sent one?",
      why: "While there was a pong the writer took a pong: the reply, which had been there first, waited for the end of the flood.",
      rule: "A lane that may overtake takes turns with the other.",
      twin: "ships-lane",
      also: /next_is_urgent\(\) const/,
      patches: [
        {
          code: "return !last_was_urgent_ || urgent_.front().behind <= popped_;",
          right: true,
          says: "They take turns: behind an urgent item comes an ordinary one, if one was there before the next urgent one.",
        },
        {
          code: "return false;",
          says: "Then it is the pongs that starve, behind all the data.",
        },
        {
          code: "return urgent_.size() > 1;",
          says: "A flood is more than one: as long as it goes on, the reply waits.",
        },
      ],
    },
    "pong-through-the-bound": {
      title: "a pong through the bound",
      goal: "Make reader and peer wait for each other.",
      does: "peer: sends its messages and a ping, reads the answers when it has said all. reader: pass_on() of each frame. processor: process_loop().",
      idea: "The peer reads when it has said all. What is in the out-queue when its ping comes?",
      why: "The pong waited for room in the out-queue, so the reader no longer heard the peer; and the peer reads only when "
        + "it has been heard.",
      rule: "The reader never waits for the writer's queue: pongs go past the bound.",
      line: /out_queue\.push\("pong"\)/,
      patches: [
        {
          code: "in_queue{{1}}, out_queue{{2}};",
          says: "One more place, and one more ping fills it. A larger bound moves the deadlock; it does not end it.",
        },
        {
          code: "out_queue.push_urgent(\"pong\");",
          right: true,
          says: "An urgent item needs no room: the reader goes on, whatever the writer does.",
        },
        {
          code: "in_queue.push(frame);  // the processor answers pings",
          says: "Then a pong waits behind all messages, and a busy processor looks like a dead server.",
        },
      ],
    },
    "close-before-joins": {
      title: "close(2) before the joins",
      goal: "Send the goodbye to a stranger.",
      does: "accept loop: gives the number 7 to whoever comes next, once it is free. reader: serve(). writer: write_loop().",
      idea: "When may the number 7 be given to somebody else? And who still has it then?",
      why: "The reader closed the descriptor while the writer still had its number; the number went to the next peer, and "
        + "so did the goodbye.",
      rule: "A descriptor is closed when nobody can use it any more: after the joins.",
      line: /kernel\.close/,
      patches: [
        {
          code: "kernel.close(socket);  out_queue.close();",
          says: "The writer may still be on its way to the socket: which of the two comes first changes nothing.",
        },
        {
          code: "if (out_queue.size() == 0) kernel.close(socket);",
          says: "Popped is not sent: the writer may have the goodbye in its hand.",
        },
        {
          code: "writer.join();  kernel.close(socket);",
          right: true,
          says: "Once the writer is joined, nobody has the number any more.",
        },
      ],
    },
    "forgotten-stage": {
      title: "a drain that forgets its next stage",
      goal: "Begin a drain that never ends.",
      does: "server: begin_drain(), then waits for both to end. writer: write_loop(). processor: process_loop().",
      idea: "The writer asks whether the drain has begun, and then goes to sleep. What if it begins in between, or after?",
      why: "The writer slept without a deadline when the drain began, and nobody woke it to look at the new one; the "
        + "processor waited for the writer.",
      rule: "Whoever changes a deadline tells those who sleep until the old one.",
      line: /begun\.fire/,
      patches: [
        {
          code: "out_queue.nudge();  begun.fire({});",
          says: "Woken too early it sees nothing new, and goes to sleep for ever again.",
        },
        {
          code: "begun.fire({});  out_queue.nudge();",
          right: true,
          says: "The nudge wakes the writer: it looks again, and now sleeps until the deadline at most.",
        },
        {
          code: "begun.fire({});  over.fire({});",
          says: "Then it is over before the writer has sent what was waiting: an abort, and no drain.",
        },
      ],
    },
  });
})();
