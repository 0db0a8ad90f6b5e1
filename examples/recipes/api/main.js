// GET /api/recipes?q=WORDS&vegetarian=true   search; without q the newest
// GET /api/recipes/ID
const { ds } = fazt.app;

function fill() {
  ds.index('recipes', 'minutes');
  ds.searchIndex('recipes', ['title', 'ingredients', 'steps']);
  ds.insertMany('recipes', fazt.private.readJSON('recipes.json'));
}

// The first request fills the empty collection; two at once cannot fill it twice.
if (ds.count('recipes') === 0) fazt.tx(() => { if (ds.count('recipes') === 0) fill(); });

const id = request.path.split('/')[3];
const where = {};
if (request.query.vegetarian === 'true') where.vegetarian = true;
if (request.query.minutes) where.minutes = { $lte: Number(request.query.minutes) };

if (id) {
  const recipe = ds.findOne('recipes', id);
  respond(recipe ? 200 : 404, recipe ?? { error: 'no such recipe' });
} else if (request.query.q) {
  respond(ds.search('recipes', request.query.q, { where, highlight: true, limit: 10 }));
} else {
  respond(ds.find('recipes', where, { sort: 'minutes', limit: 20, fields: ['title', 'minutes', 'vegetarian'] })
    .map((doc) => ({ doc })));
}
