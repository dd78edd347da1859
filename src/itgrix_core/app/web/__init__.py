"""The pages of a running service: a Flask application, and its server.

What a page shows it gets as an argument of `create_app`; nothing is looked up globally.
"""
