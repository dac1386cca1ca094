// A graph with a state, a conditional edge, a loop and a tool: LangGraph.js.
import { Annotation, END, START, StateGraph } from '@langchain/langgraph';

const degrees = { quito: 21, oslo: 4 };
const getWeather = async ({ city }) => degrees[city];

const Trip = Annotation.Root({
  cities: Annotation(),
  next: Annotation(),
  found: Annotation({ reducer: (all, more) => [...all, ...more], default: () => [] }),
});

function think({ cities, found }) {
  const next = cities[found.length] ?? '';
  console.log(`think: ${next ? `ask for ${next}` : 'enough is known'}`);
  return { next };
}
async function lookUp({ next }) {
  const result = await getWeather({ city: next });
  console.log(`tool: ${next} has ${result} degrees`);
  return { found: [{ city: next, degrees: result }] };
}
function advise({ found }) {
  const warmest = found.reduce((best, one) => (one.degrees > best.degrees ? one : best));
  console.log(`answer: go to ${warmest.city}`);
  return {};
}

const graph = new StateGraph(Trip)
  .addNode('think', think)
  .addNode('lookUp', lookUp)
  .addNode('advise', advise)
  .addEdge(START, 'think')
  .addConditionalEdges('think', ({ next }) => (next ? 'lookUp' : 'advise'))
  .addEdge('lookUp', 'think')
  .addEdge('advise', END)
  .compile();

await graph.invoke({ cities: ['oslo', 'quito'] }, { recursionLimit: 25 });
