"""The Streamlit app: pages that speak HTTP to the API with the user's own token."""
