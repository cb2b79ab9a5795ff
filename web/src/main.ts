import { mount } from 'svelte';
import './lib/page_key.svelte'; // first: the key leaves the address before anything reads it
import App from './App.svelte';
import './style/tokens.css';
import './style/base.css';

const target = document.getElementById('app');
if (target === null) throw new Error('the page has no place for the dashboard');
mount(App, { target });
