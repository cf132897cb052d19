from flask import Flask
from dapr.clients import DaprClient
app = Flask(__name__)
@app.post('/checkout')
def c():
    with DaprClient() as d:
        d.publish_event('orderpubsub', 'orders', '{}')
        d.save_state('statestore', 'k', 'v')
    return ''
app.run(port=5001)
