// Run one unmodified npm client: `node driver.js CLIENT URL KEY SECRET`, with the clients on NODE_PATH.
// Input and output lines are those of driver.py. Each client receives the address through its own option.
'use strict';

const readline = require('readline');

const [client, url, key, secret] = process.argv.slice(2);

const CLIENTS = {
  // Resources are properties of the instance; the host is a property of the class.
  iamport() {
    const Iamport = require('iamport');
    Iamport.DEFAULT_HOST = url;
    const shop = new Iamport({ impKey: key, impSecret: secret });
    const methods = Object.entries(Iamport.resources).flatMap(([name, Resource]) =>
      Object.keys(Resource.prototype)
        .filter((method) => !method.startsWith('_') && typeof Resource.prototype[method] === 'function' && method !== 'constructor')
        .map((method) => `${name[0].toLowerCase()}${name.slice(1)}.${method}`));
    return { methods, call: (name, [fields]) => at(shop, name)(fields) };
  },

  // A static method of a class creates a request, which is sent afterwards.
  'iamport-rest-client-nodejs'() {
    const { Iamport, Request } = require('iamport-rest-client-nodejs');
    const shop = new Iamport({ apiKey: key, apiSecret: secret, baseUrl: url });
    const methods = Object.entries(Request).flatMap(([name, Resource]) =>
      Object.getOwnPropertyNames(Resource)
        .filter((method) => typeof Resource[method] === 'function')
        .map((method) => `${name}.${method}`));
    const call = async (name, args) => {
      const { data } = await at(Request, name)(...args).request(shop);
      return data.response;
    };
    return { methods, call };
  },

  iamporter() {
    const { Iamporter } = require('iamporter');
    const shop = new Iamporter({ apiKey: key, secret, host: url });
    const methods = Object.getOwnPropertyNames(Iamporter.prototype)
      .filter((method) => !method.startsWith('_') && method !== 'constructor');
    return { methods, call: (name, args) => at(shop, name)(...args) };
  },

  // Functions take a connection; the connector keeps its token valid.
  'iamport-server-api'() {
    const api = require('iamport-server-api');
    const connector = new api.IamportConnector(url, { imp_key: key, imp_secret: secret });
    const call = async (name, args) => at(api.functional, name)(await connector.get(), ...args);
    return { methods: functions(api.functional), call };
  },
};

function functions(namespace, prefix = '') {
  return Object.entries(namespace).flatMap(([name, value]) =>
    typeof value === 'function' ? [`${prefix}${name}`] : functions(value, `${prefix}${name}.`));
}

function at(object, path) {
  const [name, ...rest] = path.split('.');
  return rest.length ? at(object[name], rest.join('.')) : object[name].bind(object);
}

function raised(error) {
  const answered = error.raw || (error.response && error.response.data) || {};
  return {
    type: (error.constructor && error.constructor.name) || typeof error,
    code: error.code || answered.code || error.status || null,
    message: messageIn(error.message) || answered.message || null,
  };
}

// One client puts the whole answer into its message.
function messageIn(message) {
  try {
    return JSON.parse(message).message;
  } catch {
    return message;
  }
}

const { methods, call } = CLIENTS[client]();

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    let answer;
    try {
      answer = { returned: request.call === 'methods' ? methods.sort() : await call(request.call, request.args) };
    } catch (error) {
      answer = { raised: raised(error) };
    }
    // JSON has no `undefined`.
    process.stdout.write(`${JSON.stringify(answer, (_, value) => (value === undefined ? null : value))}\n`);
  }
})();
