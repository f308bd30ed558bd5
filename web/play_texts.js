"use strict";

// What the page says about each level: the goal, the idea behind a hint, why it breaks, and three
// patches of which one mends it. A level that is not here is played without.
(() => {
  const triloop = (window.triloop ??= {});
  const play = (triloop.play ??= {});
  const texts = (play.texts ??= {});

  Object.assign(texts, {
    "if-for-while": {
      title: "if for while",
      goal: "Make a consumer take an item from the empty queue.",
      does: "producer: push(1), push(2), waits for both to end. consumer 1 and consumer 2: one pop() each.",
      line: /if .*not_empty\.wait/,
      others: "it does not wait. Which line lets a thread sleep, and does not look again when it wakes up?",
      second: "The line below changes with it: who leaves the loop finds an item or a closed queue, so an empty one is closed.",
      idea: "A consumer that was woken has not yet the mutex. Let somebody else get there first.",
      why: "Between the notify and the moment when the woken thread has the mutex again, another consumer took the item: "
        + "who wakes up must look again.",
      rule: "Rule 1: every wait stands in a loop over its condition.",
      twin: "right-two-places",
      patches: [
        {
          code: "while (!closed && items.empty()) not_empty.wait(mutex);",
          right: true,
          says: "Who wakes up looks again, and sleeps again if somebody else was faster.",
        },
        {
          code: "not_empty.notify_all();  // in push()",
          says: "Then even more consumers wake up for one item, and none of them looks again.",
        },
        {
          code: "if (items.empty()) not_empty.wait(mutex);",
          says: "It still looks once only. And a consumer of a closed queue would now sleep for ever.",
        },
      ],
    },
    "close-wakes-one": {
      title: "close wakes one",
      goal: "Make somebody sleep for ever.",
      does: "producer: close(), then waits for both to end. consumer 1 and consumer 2: one pop() each, of a queue that stays empty.",
      line: /not_empty\.notify_one/,
      others: "nobody sleeps in not_full here. In which condition do the consumers sleep?",
      second: "The line below changes with it: producers may be asleep in not_full, and the end is for them, too.",
      idea: "How many can be asleep in not_empty when the producer closes the queue?",
      why: "Both consumers slept, close() woke one of them, and nobody will ever call the other: the end is for everybody.",
      rule: "Rule 2: what cannot be undone, the end, is told to all.",
      twin: "right-closed",
      patches: [
        {
          code: "closed = true;  // and no notify at all",
          says: "Then nobody is woken, instead of one.",
        },
        {
          code: "not_empty.notify_all();  not_full.notify_all();",
          right: true,
          says: "However many are asleep, each of them wakes up and sees that the queue is closed.",
        },
        {
          code: "not_empty.notify_one();  not_empty.notify_one();",
          says: "Enough for two consumers. Close does not know how many there are: a third would sleep for ever.",
        },
      ],
    },
    "flag-outside-the-lock": {
      title: "the flag outside the lock",
      goal: "Make the consumer sleep for ever.",
      does: "producer: close(), then waits for consumer 1 to end. consumer 1: one pop(), of a queue that stays empty.",
      others: "it is the same flag, which may be looked at like this. Who changes it, and holds what meanwhile?",
      second: "The flag need not be atomic any more: all who touch it hold the mutex.",
      idea: "There is a moment between the look at the flag and the sleep. Who can get into it?",
      why: "The consumer had looked at the flag and was not yet asleep: the notify fell into that gap, and nobody heard it.",
      rule: "Rule 3: what a waiter looks at changes under the mutex that the waiter holds from its look to its sleep.",
      twin: "right-closed",
      line: /closed(\.store|\s*=\s*true)/,
      patches: [
        {
          code: "closed.store(true, std::memory_order_seq_cst);",
          says: "That is what it does already. The order of memory is not the trouble: the gap between look and sleep is.",
        },
        {
          code: "not_empty.notify_all();  closed = true;",
          says: "Then a consumer may wake up, see an open queue, and go to sleep again behind the last notify.",
        },
        {
          code: "const MutexLock lock(mutex);  closed = true;",
          right: true,
          says: "While a consumer is between its look and its sleep it holds the mutex, and the flag cannot change.",
        },
      ],
    },
    "one-condition": {
      title: "one condition for both sides",
      goal: "Make everybody who is left sleep.",
      does: "producer: push(1), push(2), waits for both to end. consumer 1 and consumer 2: one pop() each.",
      idea: "Producer and consumers sleep in the same room. Let a notify reach one who has no use for it.",
      why: "A consumer made room and woke the other consumer, who had no use for it; the producer who waited for the room "
        + "was never told.",
      rule: "Rule 4: a notify goes to somebody who can use it.",
      twin: "right-one-place",
      line: /changed/,
      patches: [
        {
          code: "changed.notify_one();  // twice in pop()",
          says: "Two of the sleepers wake up; with more consumers both may be the wrong ones again.",
        },
        {
          code: "CondVar not_empty, not_full;",
          right: true,
          says: "Consumers sleep in one room and producers in the other: notify_one wakes one who can go on. "
            + "(notify_all would do as well, and wake many for nothing.)",
        },
        {
          code: "changed.notify_one();  // behind the lock",
          says: "Where the notify stands changes nothing about whom it wakes.",
        },
      ],
    },
    "saved-notify": {
      title: "a notify that is saved",
      goal: "Leave an item and a sleeping consumer.",
      does: "producer: push(1), push(2), waits for both to end. consumer 1 and consumer 2: one pop() each.",
      line: /if \(was_empty\)/,
      others: "it only looks. Which line does what it should not, or leaves it undone, because of that look?",
      second: "The look before it goes, too: nobody needs to know any more whether the queue was empty.",
      idea: "Let both consumers fall asleep. Then: is the queue empty when the second item is pushed?",
      why: "The first consumer was woken but had not taken its item yet, so the queue was not empty and the second item "
        + "woke nobody.",
      rule: "Rule 4: there is a notify for each change that somebody can use.",
      twin: "right-two-places",
      patches: [
        {
          code: "if (items.size() == 1) not_empty.notify_one();",
          says: "The same condition in other words: the second item still wakes nobody.",
        },
        {
          code: "if (was_empty) not_empty.notify_one();  // before push_back",
          says: "The mutex is held over both, so the order within changes nothing.",
        },
        {
          code: "not_empty.notify_one();  // always",
          right: true,
          says: "One item, one notify. A notify that nobody hears costs nothing that could be measured here.",
        },
      ],
    },
  });
})();
