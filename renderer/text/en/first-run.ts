// The first run: three steps in plain words, and a live example.
export const firstRun = {
  label: "First steps",
  step: (now: number, all: number) => `Step ${now} of ${all}`,
  next: "Next",
  back: "Back",
  later: "Skip",
  done: "Done",

  what: {
    title: "Picket asks before apps connect",
    points: [
      ["An app wants to go somewhere new", "Picket holds that connection. Nothing has left your computer yet."],
      ["You are asked", "Allow or block: this once, for an hour, or for good."],
      ["Your answer is remembered", "It becomes a rule, and from then on the app is not asked about again."],
    ] as const,
    foot: "What you say stays on this computer. Picket itself sends nothing anywhere.",
  },

  learn: {
    title: { learn: "At first, Picket only watches", other: "Picket is at work already" },
    learning: [
      "So that you are not asked a hundred things at once, Picket starts by learning: every app may go where it wants, and Picket notes who goes where.",
      "After some days of ordinary use, you can turn what it saw into rules and have it ask about the rest. What your rules or blocklists block is blocked even now.",
    ] as const,
    asking: [
      "Picket asks about everything that has no rule yet. In the first days that is a lot; it soon becomes quiet.",
      "If it is too much, choose “Learn” at the top right for a while: then every app may go where it wants, and Picket notes who goes where.",
    ] as const,
    allowing: [
      "What has no rule is let through without a question. To be asked, choose “Ask me” at the top right.",
    ] as const,
    blocking: [
      "What has no rule is blocked without a question. To be asked, choose “Ask me” at the top right.",
    ] as const,
    where: "This button at the top right always says how Picket stands, and changes it.",
  },

  card: {
    title: "Try it with a real question",
    intro:
      "Press the button, and Picket makes a connection that has to wait for you. It leads from this computer to itself, so nothing can go wrong whatever you answer.",
    start: "Try it",
    again: "Try it again",
    starting: "Connecting…",
    asking: "It is waiting. The question is in a window of its own: answer it as you like.",
    show: "Show the question",
    allowed: "It went through once you allowed it.",
    blocked: "It was refused because you blocked it.",
    proof: "It works the same for every app. The example left no rule.",
    notUp: "Picket’s helper is not answering, so there is nothing to try yet.",
    failed: {
      paused: "Picket is paused, so everything gets through and nothing is asked. End the pause and try again.",
      lockdown: "Lockdown is on, so nothing gets through and nothing is asked. End it and try again.",
      refused: "The helper did not take the example’s rule, so nothing could be asked.",
      silent:
        "The connection was made, but no question came. That should not happen: “About Picket” in Settings says more.",
      unanswered: "Nobody answered, so the connection gave up, as apps do. Try it again if you like.",
      broken: "The example could not be started.",
    },
    quiet: "Your desktop is quiet at the moment, so the question does not come up by itself.",
    keys: "On a question: Alt+A allows, Alt+B blocks, Esc puts it aside. Enter and Space never answer by accident.",
  },

  end: {
    title: "When should Picket begin to ask?",
    ask: "Ask from now on",
    askHint: "You are asked about everything new. A lot in the first days.",
    learn: "Go on learning",
    learnHint: "Nothing is asked for now. Switch to “Ask me” at the top right when you are ready.",
  },
};
