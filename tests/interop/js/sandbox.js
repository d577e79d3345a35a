'use strict';
// The sandbox's own controls, below /_sandbox.

function sandboxAt(address) {
  const ask = async (method, control, body) => {
    const answer = await fetch(`http://${address}/_sandbox/${control}`, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
      headers: { 'Content-Type': 'application/json' },
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${control}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  };
  return {
    // As if nothing had been asked for and nothing received.
    async reset() {
      await ask('DELETE', 'faults');
      await ask('DELETE', 'journal');
    },
    setFaults: (...faults) => ask('PUT', 'faults', faults),
    setReport: (inviteId, members) => ask('PUT', `reports/${inviteId}`, members),
    // How many requests to this operation it has received.
    async received(operation) {
      const { requests } = await ask('GET', 'journal');
      return requests.filter(({ path }) => path === `/api/v1/${operation}`).length;
    },
  };
}

module.exports = { sandboxAt };
